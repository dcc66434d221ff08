/**
 * The template that a new installation starts with: one column of 600 px that narrows on a phone, tables for Outlook,
 * colours for dark mode, and the brand of Settings.
 */
export const DEFAULT_TEMPLATE_HTML = `<!DOCTYPE html>
<html lang="{{language}}" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="x-apple-disable-message-reformatting">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{{subject}}</title>
<!--[if mso]><xml><o:OfficeDocumentSettings><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml><![endif]-->
<style>
:root { color-scheme: light dark; supported-color-schemes: light dark; }
body { margin: 0; padding: 0; width: 100%; background-color: #f3f4f7; -webkit-text-size-adjust: 100%; }
table { border-collapse: collapse; }
img { max-width: 100%; border: 0; }
.letter { width: 600px; max-width: 600px; background-color: #ffffff; border-radius: 8px; }
.bar { height: 6px; line-height: 6px; font-size: 0; background-color: {{brand.color}}; border-radius: 8px 8px 0 0; }
.head { padding: 32px 40px 0; font-family: -apple-system, BlinkMacSystemFont, 'Segoe UI', 'Hiragino Sans', Meiryo, Arial, sans-serif; font-size: 19px; line-height: 28px; font-weight: bold; color: #1f2430; }
.content { padding: 24px 40px 40px; font-family: -apple-system, BlinkMacSystemFont, 'Segoe UI', 'Hiragino Sans', Meiryo, Arial, sans-serif; font-size: 16px; line-height: 1.65; color: #333a48; overflow-wrap: break-word; }
.content h1 { margin: 0 0 16px; font-size: 28px; line-height: 1.3; color: #1f2430; }
.content h2 { margin: 32px 0 12px; font-size: 21px; line-height: 1.35; color: #1f2430; }
.content h3 { margin: 24px 0 8px; font-size: 17px; line-height: 1.4; color: #1f2430; }
.content p { margin: 0 0 16px; }
.content ul, .content ol { margin: 0 0 16px; padding-left: 24px; }
.content li { margin: 0 0 6px; }
.content a { color: {{brand.color}}; text-decoration: underline; }
.content img { display: block; height: auto; border-radius: 6px; }
.content blockquote { margin: 0 0 16px; padding: 2px 0 2px 16px; border-left: 4px solid {{brand.color}}; color: #5a6272; }
.content hr { margin: 32px 0; border: 0; border-top: 1px solid #dfe2e8; }
.content a.button { display: inline-block; padding: 13px 26px; background-color: {{brand.color}}; border-radius: 6px; color: #ffffff; font-weight: bold; text-decoration: none; }
.foot { padding: 24px 40px 40px; }
@media (max-width: 620px) {
  .outer { padding: 0 !important; }
  .letter { width: 100% !important; border-radius: 0 !important; }
  .bar { border-radius: 0 !important; }
  .head { padding: 24px 20px 0 !important; }
  .content { padding: 20px 20px 32px !important; }
  .content h1 { font-size: 25px !important; }
  .foot { padding: 24px 20px 32px !important; }
}
@media (prefers-color-scheme: dark) {
  body, .page { background-color: #15171c !important; }
  .letter { background-color: #21242c !important; }
  .head, .content h1, .content h2, .content h3 { color: #f3f4f7 !important; }
  .content { color: #d6d9e0 !important; }
  .content a:not(.button) { color: #a9b4ff !important; }
  .content blockquote { color: #aab0bd !important; }
  .content hr { border-top-color: #3a3f4b !important; }
  .nl-footer { color: #a3a9b6 !important; }
}
</style>
</head>
<body>
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#f3f4f7" style="background-color:#f3f4f7">
<tr><td class="outer" align="center" style="padding:32px 12px 0">
<!--[if mso]><table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->
<table role="presentation" class="letter" width="600" cellpadding="0" cellspacing="0" border="0">
<tr><td class="bar">&nbsp;</td></tr>
<tr><td class="head">{{#if brand.logoUrl}}<img src="{{brand.logoUrl}}" alt="{{brand.name}}" height="40" style="display:block;height:40px;width:auto">{{else}}{{brand.name}}{{/if}}</td></tr>
<tr><td class="content">
{{{content}}}
</td></tr>
</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr>
<tr><td class="foot" align="center">{{{footer}}}</td></tr>
</table>
</body>
</html>
`;

/** What a new template starts with: the smallest mail that is complete. */
export const STARTER_HTML = `<!doctype html>
<html lang="{{language}}">
  <body style="margin: 0; background: #f6f6f9; font-family: Arial, sans-serif">
    <div style="max-width: 600px; margin: 0 auto; padding: 24px; background: #ffffff">
      <p style="font-size: 18px; font-weight: bold; color: #32324d">{{brand.name}}</p>
      {{{content}}}
      <hr style="border: 0; border-top: 1px solid #dcdce4; margin: 32px 0 16px">
      {{{footer}}}
    </div>
  </body>
</html>
`;

import { z } from 'zod';
import { LEAVING_NOTE_MAX, LEAVING_REASONS, LEAVING_SCOPES } from '../../../../shared/contracts';
import { adminOpenApi } from '../admin-openapi';
import type { Route } from '../module';
import { genericBodySchema } from '../../feedback';
import { serverSubscribeSchema, serverUnsubscribeSchema } from './server-api';
import { subscribeSchema } from './subscribe-schema';

const schema = (of: z.ZodType, io: 'input' | 'output' = 'output') => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(of, { io, unrepresentable: 'any' });
  return rest;
};

const text = (type: string, description: string) => ({ description, content: { [type]: {} } });
const page = (description: string) => text('text/html', description);
const json = (description: string, of: string) => ({
  description,
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${of}` } } },
});
const body = (of: string, ...types: string[]) => ({
  required: true,
  content: Object.fromEntries(
    types.map((type) => [type, { schema: { $ref: `#/components/schemas/${of}` } }]),
  ),
});

const FORM = 'application/x-www-form-urlencoded';
const TOO_MANY = page('Too many calls from this network; Retry-After says when.');
const WRONG = json('What was wrong, as a sentence.', 'Error');
const INVALID = page('The token is not one of ours.');
const FORBIDDEN = json('The API token lacks the permission.', 'Error');

const parameter = (name: string, where: 'path' | 'query', description: string) => ({
  name,
  in: where,
  required: where === 'path',
  description,
  schema: { type: 'string' },
});
const token = parameter('token', 'path', 'Signed token of a mail. It does not expire.');

/** A page that GET shows and POST acts on. */
const pages = (what: string, shows: string, acts: string, answer: string, form?: object) => ({
  get: {
    summary: `Page: ${shows}`,
    operationId: `show-${what}`,
    parameters: [token],
    responses: { 200: page('The page. Looking at it does nothing.'), 404: INVALID, 429: TOO_MANY },
  },
  post: {
    summary: acts,
    operationId: `post-${what}`,
    parameters: [token],
    requestBody: { content: { [FORM]: form ? { schema: form } : {} } },
    responses: { 200: page(answer), 404: INVALID, 429: TOO_MANY },
  },
});

const subscribeResponses = {
  202: {
    description: 'Accepted. The same whether or not the address was known. Browsers get a page.',
    content: {
      'application/json': { schema: { $ref: '#/components/schemas/Accepted' } },
      'text/html': {},
    },
  },
};

const PATHS = {
  '/subscribe': {
    post: {
      summary: 'Ask for a newsletter',
      description:
        'For forms of websites: JSON is answered with JSON, a form of a browser (Accept: text/html) with a page. A mail with a link to confirm follows, unless all lists are single opt-in.',
      operationId: 'subscribe',
      requestBody: body('Subscribe', 'application/json', FORM, 'multipart/form-data'),
      responses: {
        ...subscribeResponses,
        303: { description: 'A browser goes to the page that the settings name.' },
        400: WRONG,
        429: json('Too many calls from this network; Retry-After says when.', 'Error'),
      },
    },
  },
  '/form': {
    get: {
      summary: 'Page for an iframe: the form to subscribe',
      operationId: 'show-form',
      parameters: [
        parameter(
          'lists',
          'query',
          'Slugs of public lists, separated by commas; the default list when missing.',
        ),
        parameter('attributes', 'query', 'Names of public attributes to ask for, separated by commas.'),
        parameter('names', 'query', '1: asks for first and last name.'),
        parameter('locale', 'query', "en or ja; the browser's language when missing."),
      ],
      responses: { 200: page('The form.'), 400: page('A list is not there.'), 429: TOO_MANY },
    },
  },
  '/captcha': {
    get: {
      summary: 'A challenge for the ALTCHA widget',
      operationId: 'captcha-challenge',
      responses: {
        200: json('The challenge. Its solution counts once, within 20 minutes.', 'Challenge'),
        404: json('No captcha is asked for.', 'Error'),
        429: TOO_MANY,
      },
    },
  },
  '/captcha/{name}': {
    get: {
      summary: 'Script, style and worker of the ALTCHA widget',
      operationId: 'captcha-file',
      parameters: [parameter('name', 'path', 'altcha.js, altcha.css or worker.js')],
      responses: { 200: text('*/*', 'The file.'), 404: json('There is no such file.', 'Error') },
    },
  },
  '/subscribers': {
    post: {
      summary: 'Subscribe a person from a server',
      description:
        'With `consent: true` the caller states that the person agreed, and they are subscribed at once; else a mail asks them. Nobody who left, complained or bounced is brought back.',
      operationId: 'server-subscribe',
      security: [{ apiToken: [] }],
      requestBody: body('ServerSubscribe', 'application/json'),
      responses: {
        200: json('Subscribed.', 'Subscribed'),
        202: json('A mail asks the person, if they are not subscribed.', 'Accepted'),
        400: WRONG,
        401: FORBIDDEN,
        403: FORBIDDEN,
        409: json('They left, or the address is suppressed: only they can come back.', 'Error'),
      },
    },
  },
  '/unsubscribe': {
    post: {
      summary: 'Unsubscribe an address from a server',
      operationId: 'server-unsubscribe',
      security: [{ apiToken: [] }],
      requestBody: body('ServerUnsubscribe', 'application/json'),
      responses: {
        200: json('Unsubscribed and suppressed, whether known or not.', 'Unsubscribed'),
        400: WRONG,
        401: FORBIDDEN,
        403: FORBIDDEN,
      },
    },
  },
  '/confirm/{token}': pages('confirm', 'what would be confirmed', 'Confirm', 'Confirmed.'),
  '/unsubscribe/{token}': pages(
    'unsubscribe',
    'a button to unsubscribe',
    'Unsubscribe at once: List-Unsubscribe=One-Click (RFC 8058) or the form',
    'Unsubscribed.',
    {
      type: 'object',
      properties: {
        'List-Unsubscribe': { const: 'One-Click' },
        from: { const: 'page', description: 'The form; anything else is one click.' },
        scope: {
          enum: [...LEAVING_SCOPES],
          description:
            'Of the form: everything, or the lists that the mail was sent to. The settings say it for one click.',
        },
        reason: { enum: [...LEAVING_REASONS] },
        note: { type: 'string', maxLength: LEAVING_NOTE_MAX },
      },
    },
  ),
  '/preferences/{token}': pages(
    'preferences',
    "a person's lists, language, attributes and data",
    'Save, leave, export or erase',
    'Done, or the page with what was wrong.',
  ),
  '/open/{token}': {
    get: {
      summary: 'The pixel of a mail',
      operationId: 'open',
      parameters: [token],
      responses: { 200: text('image/gif', 'A picture of one pixel.'), 404: INVALID, 429: TOO_MANY },
    },
  },
  '/click/{token}': {
    get: {
      summary: 'A link of a mail',
      operationId: 'click',
      parameters: [token],
      responses: {
        302: { description: 'To the target that is stored for the link.' },
        404: INVALID,
        429: TOO_MANY,
      },
    },
  },
  '/view/{token}': {
    get: {
      summary: 'The web version of a mail',
      operationId: 'view',
      parameters: [token],
      responses: { 200: page('The mail as its recipient got it.'), 404: INVALID, 429: TOO_MANY },
    },
  },
  '/preview/{token}': {
    get: {
      summary: 'The preview of a draft, for the panel',
      operationId: 'preview',
      parameters: [parameter('token', 'path', 'Signed token of the panel; expires within minutes.')],
      responses: { 200: page('The draft as a mail.'), 404: INVALID, 429: TOO_MANY },
    },
  },
  '/feedback/{provider}': {
    post: {
      summary: 'What a provider tells of bounces, complaints and unsubscribes',
      description:
        'In the form and with the signature of the provider; `generic` takes the body that is described here, with X-Newsletter-Timestamp and X-Newsletter-Signature (sha256= and the HMAC-SHA256 of `<timestamp>.<body>` in hex).',
      operationId: 'feedback',
      parameters: [
        parameter('provider', 'path', 'ses, sendgrid, mailgun, postmark, brevo, resend or generic'),
      ],
      requestBody: body('Feedback', 'application/json'),
      responses: {
        200: text('text/plain', 'Committed. The same event again changes nothing.'),
        400: text('text/plain', 'It cannot be read.'),
        401: text('text/plain', 'It is not signed by whom it should be.'),
        404: text('text/plain', 'This webhook is not configured.'),
        413: text('text/plain', 'It is too large.'),
        429: text('text/plain', 'Too many from this network that were not genuine; Retry-After says when.'),
        503: text('text/plain', 'It could not be recorded now. Try again.'),
      },
    },
  },
  '/openapi.json': {
    get: {
      summary: 'This document',
      operationId: 'openapi',
      responses: { 200: text('application/json', 'OpenAPI 3.1.') },
    },
  },
};

const done = (name: string) => ({
  type: 'object',
  required: ['data'],
  properties: { data: { type: 'object', required: [name], properties: { [name]: { const: true } } } },
});

const PUBLIC = '/api/newsletter';

/**
 * All routes in OpenAPI 3.1, with paths as a default Strapi has them. What they take comes from the schemas that check it.
 * @param adminRoutes as they are registered
 */
export const openApiDocument = (adminRoutes: readonly Route[]) => {
  const admin = adminOpenApi(adminRoutes, '/newsletter');
  const ours = Object.entries(PATHS).map(([path, methods]) => [`${PUBLIC}${path}`, methods] as const);
  return {
    openapi: '3.1.0',
    info: {
      title: 'strapi-plugin-newsletter',
      version: '1',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [],
    paths: { ...Object.fromEntries(ours), ...admin.paths },
    components: {
      securitySchemes: {
        adminToken: {
          type: 'http',
          scheme: 'bearer',
          description:
            'The session of a logged-in admin, as POST /admin/login gives it; a role must hold the rights.',
        },
        apiToken: {
          type: 'http',
          scheme: 'bearer',
          description:
            'An API token of Strapi with the permission of the route under Newsletter › Subscriptions.',
        },
      },
      schemas: {
        Subscribe: schema(subscribeSchema),
        ServerSubscribe: schema(serverSubscribeSchema, 'input'),
        ServerUnsubscribe: schema(serverUnsubscribeSchema),
        Feedback: schema(genericBodySchema, 'input'),
        Accepted: { ...done('accepted'), required: ['data', 'message'] },
        Subscribed: done('subscribed'),
        Unsubscribed: done('unsubscribed'),
        ...admin.schemas,
        Challenge: {
          type: 'object',
          required: ['algorithm', 'challenge', 'maxnumber', 'salt', 'signature'],
          properties: {
            algorithm: { const: 'SHA-256' },
            challenge: { type: 'string' },
            maxnumber: { type: 'integer' },
            salt: { type: 'string' },
            signature: { type: 'string' },
          },
        },
        Error: {
          type: 'object',
          required: ['error'],
          properties: {
            data: { type: 'null' },
            error: {
              type: 'object',
              required: ['status', 'name', 'message'],
              properties: {
                status: { type: 'integer' },
                name: { type: 'string' },
                message: { type: 'string', description: 'A sentence that says what to do.' },
                details: { type: 'object' },
              },
            },
          },
        },
      },
    },
  };
};

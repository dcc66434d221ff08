import { expect, it } from 'vitest';
import { z } from 'zod';
import {
  listInputSchema,
  settingsSchema,
  subscriberBulkSchema,
  subscriberInputSchema,
  subscriberQuerySchema,
} from '../../../shared/contracts';
import { Refusal } from '../../../server/src/refusal';
import { guarded } from '../../../server/src/http/admin/errors';
import { parse } from '../../../server/src/http/admin/validate';

function refusal(schema: z.ZodType, input: unknown) {
  try {
    parse(schema, input);
  } catch (error) {
    return error as Refusal;
  }
  throw new Error('was accepted');
}

it.each([
  [subscriberInputSchema, {}, '"email" is required.'],
  [subscriberInputSchema, { email: 'nobody' }, '"email" is not an email address.'],
  [subscriberInputSchema, { email: 'a@example.com', status: 'subscribed' }, '"status" is not known here.'],
  [subscriberInputSchema, { email: 'a@example.com', consent: false }, '"consent" must be true.'],
  [subscriberInputSchema, { email: 'a@example.com', firstName: 7 }, '"firstName" must be a string.'],
  [subscriberInputSchema, { email: 'a@example.com', lists: ['x'] }, '"lists.0" has the wrong format.'],
  [listInputSchema, { name: ' ' }, '"name" must not be empty.'],
  [listInputSchema, { name: 'x', optIn: 'no' }, '"optIn" must be one of double, single.'],
  [subscriberQuerySchema, { pageSize: '1000' }, '"pageSize" must be at most 100.'],
  [subscriberQuerySchema, { page: '1.5' }, '"page" must be a whole number.'],
  [subscriberBulkSchema, { action: 'delete', ids: [] }, '"ids" must have at least 1 entry.'],
  [
    settingsSchema,
    { brand: { logoUrl: 'x' } },
    '"brand.logoUrl" must be a web address such as https://example.com.',
  ],
  [z.strictObject({ a: z.string() }), [], 'The request must be an object.'],
])('says what is wrong with the key that is wrong (%#)', (schema, input, sentence) => {
  const error = refusal(schema, input);
  expect(error).toMatchObject({ name: 'ValidationError', status: 400, expose: true });
  expect(error.message).toBe(sentence);
});

it('names every wrong key and gives each path to the form', () => {
  const error = refusal(subscriberInputSchema, { email: 'x', timezone: 'Mars/Base' });
  expect(error.details).toMatchObject({ errors: [{ path: ['email'] }, { path: ['timezone'] }] });
});

async function call(thrown: unknown) {
  const ctx: { status?: number; body?: unknown } = {};
  const { handler } = guarded({
    handler: async () => {
      throw thrown;
    },
  });
  await (handler as (ctx: unknown) => Promise<void>)(ctx);
  return ctx;
}

it("answers a room's typed error with its own status, code and sentence", async () => {
  const thrown = Object.assign(new Error('The campaign is being sent; pause it first.'), {
    name: 'CampaignError',
    status: 409,
    code: 'wrong-state',
  });
  expect(await call(thrown)).toEqual({
    status: 409,
    body: {
      data: null,
      error: {
        status: 409,
        name: 'CampaignError',
        message: thrown.message,
        details: { code: 'wrong-state' },
      },
    },
  });
});

it('leaves faults of ours to Strapi', async () => {
  await expect(call(new TypeError('x is not a function'))).rejects.toThrow(TypeError);
  // A driver's error has a code, but is no sentence for a person.
  const driver = Object.assign(new Error('relation does not exist'), { code: '42P01' });
  await expect(call(driver)).rejects.toBe(driver);
});

it("turns a room's ZodError into a 400, and passes a refusal on", async () => {
  expect(await call(z.string().safeParse(1).error)).toMatchObject({
    status: 400,
    body: { error: { name: 'ValidationError', message: 'The request must be a string.' } },
  });
  expect(await call(new Refusal('ForbiddenError', 'No.'))).toMatchObject({
    status: 403,
    body: { data: null, error: { status: 403, name: 'ForbiddenError', message: 'No.' } },
  });
});

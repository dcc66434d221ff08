import type { Core } from '@strapi/strapi';
import { emailKey } from '../../shared/address';
import { getContext } from './app';
import { UID } from './constants';
import { Refusal } from './refusal';

type Data = Record<string, unknown>;

/** Fields that only our own code may write, what a copy starts with, and where a developer finds the right door. */
interface Guard {
  fields: Data;
  instead: string;
}

const GUARDS: Record<string, Guard> = {
  [UID.subscriber]: {
    fields: {
      status: 'pending',
      statusReason: null,
      statusChangedAt: null,
      statusCampaign: null,
      confirmedAt: null,
      softBounces: 0,
      lastSentAt: null,
      lastOpenedAt: null,
      lastClickedAt: null,
    },
    instead: "strapi.plugin('newsletter').service('api').subscribe(…) and .unsubscribe(…)",
  },
  [UID.campaign]: {
    fields: { state: 'draft', stateReason: null, scheduledAt: null, startedAt: null, finishedAt: null },
    instead:
      "strapi.plugin('newsletter').service('api').schedule(…), or POST /newsletter/campaigns/:id/{schedule,pause,resume,cancel}",
  },
};

/** Actions of the document service that write data. */
const WRITES = new Set(['create', 'update', 'clone']);

/**
 * Keeps what `strapi.documents('plugin::newsletter.…')` writes consistent with the ledger and the proof of consent:
 * addresses get their key and hash, and status, state and counters cannot be set from outside. Other content types
 * pass untouched. Registered in `register`, where no context exists yet: it is read when a write comes.
 */
export function guardDocuments(strapi: Core.Strapi): void {
  strapi.documents.use(async (ctx, next) => {
    const guard = GUARDS[ctx.uid];
    if (!guard || !WRITES.has(ctx.action)) return next();
    const { data } = ctx.params as { data?: Data };
    if (!data) return next();
    refuseGuarded(guard, data);
    if (ctx.uid === UID.subscriber) normaliseAddress(ctx.action, data);
    if (ctx.action === 'clone') Object.assign(data, guard.fields);
    return next();
  });
}

function refuseGuarded(guard: Guard, data: Data): void {
  const touched = Object.keys(guard.fields).filter((field) => data[field] !== undefined);
  if (touched.length === 0) return;
  const which = touched.map((field) => `"${field}"`).join(', ');
  throw new Refusal(
    'ValidationError',
    `${which} cannot be written through the document service, since mails, consent and reports depend on it. Use ${guard.instead}.`,
    {
      errors: touched.map((field) => ({
        path: [field],
        name: 'ValidationError',
        message: `"${field}" is read-only here.`,
      })),
    },
  );
}

/** `emailKey` and `addressHash` always follow from `email`, whatever the caller gives for them. */
function normaliseAddress(action: string, data: Data): void {
  delete data.emailKey;
  delete data.addressHash;
  // An update may leave the address alone; a copy with the same address would be the same person twice.
  if (data.email === undefined && action === 'update') return;
  const key = typeof data.email === 'string' ? emailKey(data.email) : null;
  if (key === null) {
    const given =
      data.email === undefined ? 'is required' : `"${String(data.email)}" is not an email address`;
    throw new Refusal('ValidationError', `"email" ${given}.`, {
      errors: [{ path: ['email'], name: 'ValidationError', message: given }],
    });
  }
  data.email = String(data.email).trim();
  data.emailKey = key;
  data.addressHash = getContext().tokens.addressHash(key);
}

import type { Core } from '@strapi/strapi';
import { emailKey } from '../../shared/address';
import { getContext } from './app';
import { deletePeople } from './audience';
import { remove } from './campaign';
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
    fields: {
      state: 'draft',
      stateReason: null,
      stateCause: null,
      scheduledAt: null,
      startedAt: null,
      finishedAt: null,
    },
    instead:
      "strapi.plugin('newsletter').service('api').schedule(…), or POST /newsletter/campaigns/:id/{schedule,pause,resume,cancel}",
  },
};

/**
 * Keeps what `strapi.documents('plugin::newsletter.…')` writes consistent with the ledger and the proof of consent:
 * addresses get their key and hash, status, state and counters cannot be set from outside, and who is deleted leaves
 * as if by the panel. Other content types pass untouched. Registered in `register`, where no context exists yet: it is
 * read when a write comes.
 */
export function guardDocuments(strapi: Core.Strapi): void {
  strapi.documents.use(async (ctx, next) => {
    const guard = GUARDS[ctx.uid];
    if (!guard) return next();
    const params = ctx.params as { documentId?: string; data?: Data };
    switch (ctx.action) {
      case 'create':
      case 'update':
      case 'clone':
        params.data ??= {};
        refuseGuarded(guard, params.data);
        if (ctx.uid === UID.subscriber) normaliseAddress(ctx.action, params.data);
        // A copy starts anew: nobody consented to it, and nothing of it was sent.
        if (ctx.action === 'clone') Object.assign(params.data, guard.fields);
        return next();
      case 'delete':
        await deleteWithTraces(strapi, ctx.uid, String(params.documentId));
        return next();
      default:
        return next();
    }
  });
}

/**
 * Does what the panel does: a person's subscriptions go and their traces lose the name; a campaign that is being sent
 * is not deleted. In the caller's transaction, if there is one: SQLite has a single connection.
 */
async function deleteWithTraces(strapi: Core.Strapi, uid: string, documentId: string): Promise<void> {
  await strapi.db.transaction(async ({ trx }) => {
    const ctx = { ...getContext(), knex: trx };
    if (uid === UID.subscriber) await deletePeople(ctx, [documentId], { source: 'api' });
    else await remove(ctx, documentId);
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

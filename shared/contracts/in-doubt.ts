import type { z } from 'zod';
import type { CampaignState } from './campaigns';
import { pageQuerySchema, type Paged } from './common';

/**
 * Minutes that a message must have been in doubt before a person may send it again: a process that only seemed dead, or
 * a mail server that is slow to answer, has had its time by then.
 */
export const IN_DOUBT_WAIT_MINUTES = 10;

export const inDoubtQuerySchema = pageQuerySchema;
export type InDoubtQuery = z.input<typeof inDoubtQuerySchema>;

/** A recipient of whom nobody knows whether they have the mail. */
export interface InDoubtDto {
  /** Of the delivery. */
  id: number;
  /** documentId of the person. */
  subscriber: string;
  /** Empty when the person was deleted since. */
  email: string;
  /** ISO 8601: since when. */
  since: string;
  /** Name of the transport; null when its process died before it said. */
  transport: string | null;
  /** The attempt that is in doubt, from 1. */
  attempt: number;
  /** `process-died`, `process-stopped`, or `in-doubt`: the connection broke after the message was handed over. */
  reason: string | null;
  /** A person chose to leave it so. */
  left: boolean;
  /** It may be sent again now. */
  ready: boolean;
}

export interface InDoubtDecision {
  decision: 'leave' | 'send-again';
  recipients: number;
  /** Name of the panel's user; null when unknown. */
  by: string | null;
  /** ISO 8601 */
  at: string;
}

/** GET /newsletter/campaigns/:id/in-doubt?page&pageSize: those that nobody has decided on first. */
export interface InDoubtPage extends Paged<InDoubtDto> {
  summary: {
    total: number;
    /** Of these, how many nobody has chosen to leave. */
    undecided: number;
    /** Of all, how many may be sent again now. */
    ready: number;
    /** ISO 8601: when the next of the others may be; null: there is none. */
    nextReadyAt: string | null;
    /** Newest first, at most 10. */
    decisions: InDoubtDecision[];
  };
}

/** POST /newsletter/campaigns/:id/in-doubt/{leave,send-again} */
export interface InDoubtResult {
  /** How many this call decided on; 0: somebody was faster, or there is nothing to decide. */
  recipients: number;
  /** The campaign's state afterwards: one that was sent is being sent again. */
  state: CampaignState;
}

import type { CampaignSnapshot } from '../../compose';
import type { InstanceSecrets } from '../../storage';
import type { NewsletterConfig, SigningDomain } from '../../config';
import type { MessageConfig } from '../message';
import type { Recipient } from './make';

/** What a thread is born with. */
export interface ThreadData {
  /** Without what no message needs, such as `tls` of a transport: it may hold functions, which no thread can be given. */
  config: MessageConfig & Pick<NewsletterConfig, 'domains'>;
  /** As this process has read them: a file may have been changed since. */
  keys: ReadonlyMap<string, SigningDomain>;
  projectDir: string;
  publicUrl: string;
  secrets: InstanceSecrets;
  /**
   * `Answering.flag` of a process that answers HTTP: the thread shall take the CPU only when the rest of the process leaves it
   * one, and steps back while somebody waits for an answer. null: nobody does.
   */
  answering: Int32Array | null;
}

/** To the thread. It gets a campaign before the first recipient of it. */
export type Order =
  | { kind: 'campaign'; key: string; snapshot: CampaignSnapshot; links: ReadonlyMap<string, number> }
  | { kind: 'forget'; key: string }
  | { kind: 'make'; recipients: { call: number; key: string; row: Recipient }[]; rooms: SharedArrayBuffer[] };

/** From the thread. */
export type Report = { kind: 'ready' } | { kind: 'made'; answers: Answer[] };

/** A message lies in memory that both threads see: it belongs to the one who asked until its room comes back. */
export type Answer =
  | {
      call: number;
      room: SharedArrayBuffer;
      at: number;
      length: number;
      envelope: { from: string; to: string };
      utf8Header: boolean;
    }
  | { call: number; failure: string; isSigning: boolean };

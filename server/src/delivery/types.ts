/** Where in an SMTP session a refusal or a loss happened: RCPT is about the recipient, MAIL and DATA about us. */
export type SmtpStage = 'connect' | 'tls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'dot';

export interface SmtpReply {
  code: number;
  /** RFC 3463 enhanced status such as 5.1.1, when the server gave one. */
  status: string | null;
  /** Text of the reply without code and status, one line, at most 500 characters. */
  text: string;
}

export interface OutgoingMessage {
  envelope: { from: string; to: string };
  /** The complete signed message with CRLF line ends, not dot-stuffed. */
  raw: Buffer;
  /** Called when the server has accepted the message and the socket has done with `raw`, which nobody may read from then on. */
  free?: () => void;
  /** An address of its header, other than those of the envelope, has characters outside ASCII before the @. */
  utf8Header?: boolean;
  /** Overtakes what waits for a connection without it: mail that somebody waits for. */
  urgent?: boolean;
  /**
   * Called when nothing is left to write but the last piece of the message, which is written when it calls `go(true)`,
   * at once or soon, once. After `go(false)` the message is lost before it was handed over. Without it nothing waits.
   */
  hold?: (go: (mayLeave: boolean) => void) => void;
}

/** What became of one attempt. Every attempt ends as exactly one of these; `send` does not throw. */
export type SendOutcome =
  /** The next mail server said 2xx to the final dot. */
  | { kind: 'accepted'; reply: SmtpReply }
  /** The server said 4xx or 5xx. */
  | { kind: 'refused'; stage: SmtpStage; reply: SmtpReply }
  /** Connection lost before the final chunk of the message was written: it cannot have been accepted. */
  | {
      kind: 'lost';
      stage: SmtpStage;
      message: string;
      /** By our own end: it says nothing about the server. */ stopped?: true;
    }
  /** Connection lost after the message was written and before a reply: nobody knows. */
  | { kind: 'unknown'; message: string };

/**
 * The mail servers that take a domain's mail, when we look for them ourselves. Domains with the same servers share one
 * site, its connections, its limits and its reputation of us.
 */
export interface Site {
  /** The same for all domains of the site: made of its mail servers' names in lower case; never empty. */
  name: string;
  /** Host names of its mail servers in lower case, the preferred ones first; the domain itself when it has no MX. */
  hosts: readonly string[];
}

/** What a site is allowed to get from one process. */
export interface SiteLimits {
  /** Sites of one destination share its connections (a provider has many sites); by default the site is by itself. */
  destination?: string;
  /** Connections at most; 1 or more. */
  connections: number;
  /** Messages over one connection before it is replaced; 1 or more. */
  messagesPerConnection: number;
  /** Whether encryption is required; undefined: as the transport says. */
  requireTLS?: boolean;
}

/**
 * Says what a site may get from a transport now; asked again for each connection and each message. With a domain: what
 * that one may get of the domains that share the site.
 */
export type LimitsOf = (transport: string, site: Site, domain?: string) => SiteLimits;

/** One way to send. */
export interface Transport {
  readonly name: string;
  /**
   * `smtp`: a relay; no session means that the relay cannot be used. `mx`: the recipients' own mail servers; no session
   * only says something about that site, never about the transport as a whole.
   */
  readonly type: 'smtp' | 'mx';
  /** Its connections at most. */
  readonly capacity: number;
  /** Messages that it was given and has on no connection yet. */
  readonly waiting: number;
  /**
   * Where a domain's mail goes. Answers from a cache when it can; a DNS failure does not reject, it gives a site of the
   * domain's own.
   * @param domain of a recipient, in lower case or not, U-labels or A-labels
   * @returns null for a relay, which finds the way itself
   */
  site(domain: string): Promise<Site | null>;
  send(message: OutgoingMessage): Promise<SendOutcome>;
  /** Connects and logs in. @throws Error with a sentence for the operator */
  verify(): Promise<void>;
  /** Ends all connections now. What has no reply comes back: lost when it was not handed over, else unknown. */
  abort(): void;
  /** Closes idle connections at once and the others when their reply is in. */
  close(): Promise<void>;
}

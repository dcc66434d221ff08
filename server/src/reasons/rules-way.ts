import type { ReasonRule } from './types';

/** Nothing is said of the person or of us: the way to the mailbox, and the systems on it. */
export const WAY_RULES: readonly ReasonRule[] = [
  {
    reason: 'systemerror',
    class: 'routing',
    text: /loops? back to (?:myself|me)|isn't in my control\/locals|best-preference mx|lowest numbered mx record points to local host|points to (?:localhost|myself)|delivery to (?:file|pipe) forbidden/i,
    source: 'Sendmail, Postfix, qmail, Exim: the mail servers of the domain point to each other',
    example: '554 5.3.5 mail for example.com loops back to myself',
  },
  {
    reason: 'networkerror',
    text: /wasn't able to establish an smtp connection|cname lookup failed/i,
    source: 'qmail',
    example: "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)",
  },
  {
    reason: 'systemfull',
    status: /^[45]\.3\.1$/,
    source: 'RFC 3463 §3.4',
    example: '452 4.3.1 Insufficient system storage',
  },
  {
    reason: 'systemfull',
    text: /insufficient (?:system )?(?:disk|storage|resources|space)|mail system full|(?:no|not enough|out of) (?:disk )?space|no space left/i,
    source: 'Sendmail, Postfix',
    example: { stage: 'mail', said: '452 4.4.5 Insufficient disk space; try again later' },
  },
  {
    reason: 'systemerror',
    text: /\bldap\b|can(?:'?t|not) create (?:user )?output file|(?:lookup|contact|connect to) .{0,20}database/i,
    source: 'qmail-ldap, Sendmail',
    example: 'Unable to contact LDAP server. (#4.4.3)',
  },
  {
    reason: 'mailererror',
    text: /^x-unix;/i,
    source: 'RFC 3464: a program of the receiving system failed',
    example: { stage: 'unknown', said: 'x-unix; 255' },
  },
  {
    reason: 'networkerror',
    class: 'routing',
    text: /loops? (?:back|detected|to myself)|(?:mail|routing|forwarding|delivery|message|possible|forward) loop|too many (?:hops|received)|(?:hop|received)(?: header)? count exceed|maximum (?:hop|forward)|message (?:is )?looping|in a (?:routing )?loop|would loop|misconfigured mail exchanger|name service error|malformed or unexpected name server|(?:dns|name ?server) (?:lookup |query )?(?:error|fail(?:ure|ed)?|problem)|no route to host|name or service not known|host not found, try again|network (?:is )?unreachable|local configuration error|already has my delivered-to|not a member of .{0,20}loop|mail transfer loop|smtp\.? ?hop/i,
    source: 'Sendmail, Postfix, qmail, Exchange, Domino',
    example: '554 5.4.6 Too many hops 26 (25 max)',
  },
  {
    reason: 'expired',
    text: /timed? ?-?out|time-?out|(?:queue|message|envelope|delivery time|time) ?\.?(?:has )?expired|(?:delivery |queue )time (?:has )?exceeded|maximum-time-expired|not been collected|(?:been|too long) in (?:the )?queue|in the queue too long|delivery (?:attempts )?(?:has been |is |was )?delayed|retry (?:time ?out|limit|time not reached)|could not (?:be delivered|deliver) for|has been frozen|frozen on arrival|failing for a long time|giving up(?! on)|connection (?:was )?(?:refused|reset|dropped|closed|lost|failed|timed)|(?:couldn't|could not|unable to|failed to|cannot|did not accept our requests to) (?:establish|connect|contact|reach|open)|host (?:not reachable|unreachable|is down)|not reachable|not responding|no (?:answer|response) from|delivery failed \d{1,4} attempts|(?:still|message) undelivered after|warning: (?:message|could not send)|will (?:keep|continue) trying|will be retried|has been delayed|unable to deliver .{0,40}(?:hours|minutes|days)|hours? old|lost connection|connection interrupted/i,
    notText: /block|reject|denied/i,
    source: 'RFC 3463 4.4.1 and 4.4.7 in words: Sendmail, Postfix, Exim, qmail, Exchange, Gmail, DragonFly',
    example: 'Message expired: unable to deliver in 840 minutes',
  },
  {
    reason: 'mailererror',
    text: /(?:unknown mailer|mailer) error|command (?:failed|died|output|line|time)|child (?:process )?(?:returned|died|crashed)|pipe (?:to|failed|transport)|exit (?:status|code)|procmail|local delivery (?:failed|agent)|x-unix;|exited with|returned error code|temporary failure\. command|error writing message/i,
    source: 'Sendmail, Exim pipe transport, qmail-local, Postfix pipe(8)',
    example: '554 5.3.0 unknown mailer error 255',
  },
  {
    reason: 'systemerror',
    text: /(?:internal|local|operating system|system|server|configuration|temporary (?:local|system)|database|ldap|resource|software|application|storage|i\/o) (?:\w+ )?(?:error|problem|failure|fault)|can(?:'?t|not) (?:create|open|write|lock|read) |(?:service|system) (?:currently |temporarily |is )*(?:not available|unavailable|not accepting|busy|overload|shutting)|duplicated message-id|not accepting (?:any )?(?:mail|messages)|proxy (?:connection|failed)|backend|misconfigur|queue ?file|unable to (?:process|queue|store|create|open|lookup|load)|service refus|out of memory|server configuration|mail system (?:error|problem|configuration)|load (?:average|too high)|not operational|try later/i,
    notText: /other mail system problem/i,
    source: 'Sendmail, Exim, Exchange, qmail, Orange',
    example: '451 4.3.0 Temporary local problem - please try later',
  },
];

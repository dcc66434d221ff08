import { MAILBOX_RULES } from './rules-mailbox';
import { CODE_RULES } from './rules-codes';
import { LARGE_RECEIVER_RULES } from './rules-gmail-microsoft';
import { MESSAGE_RULES } from './rules-message';
import { PHRASE_RULES } from './rules-phrases';
import { PROVIDER_RULES } from './rules-providers';
import { ABOUT_US_RULES } from './rules-about-us';
import { LAST_RULES } from './rules-last';
import { RECIPIENT_RULES } from './rules-recipient';
import { WAY_RULES } from './rules-way';
import type { ReasonRule } from './types';

/**
 * The one table of reasons, for SMTP replies and for reports. The order, first match wins:
 * 1. words that mean at one provider what they mean nowhere else (a code of its own, or its name beside them);
 * 2. what the text says of the mailbox (full, too small, closed, moved), which stands above codes, since many servers
 *    say 550 5.1.1 for everything;
 * 3. whole phrases that mean one thing, then what it says of us: authentication, reputation, rates, sender, content;
 * 4. dead addresses and hosts;
 * 5. the way: DNS, time-outs, loops, broken systems;
 * 6. the enhanced status alone, then the stage and the code alone.
 */
export const RULES: readonly ReasonRule[] = [
  ...PROVIDER_RULES,
  ...LARGE_RECEIVER_RULES,
  ...CODE_RULES,
  ...MAILBOX_RULES,
  ...PHRASE_RULES,
  ...ABOUT_US_RULES,
  ...MESSAGE_RULES,
  ...RECIPIENT_RULES,
  ...WAY_RULES,
  ...LAST_RULES,
];

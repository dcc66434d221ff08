/** A refusal of this room, as a sentence for the person who asked. */
export class AudienceError extends Error {
  override readonly name = 'AudienceError';

  constructor(
    readonly code:
      | 'invalid-email'
      | 'unknown-list'
      | 'no-list'
      | 'unknown-attribute'
      | 'wrong-attribute'
      | 'unknown-subscriber'
      | 'known-address'
      | 'suppressed'
      | 'left'
      | 'too-soon'
      | 'unknown-segment'
      | 'unreadable-segment'
      | 'count-timeout'
      | 'count-busy'
      | 'no-addresses'
      | 'too-many-rows',
    readonly status: 400 | 404 | 409 | 422 | 429,
    message: string,
  ) {
    super(message);
  }
}

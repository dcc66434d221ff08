/** Why a rule could not make a newsletter; the message is the sentence that an editor reads. */
export class PublishError extends Error {
  override readonly name = 'PublishError';

  constructor(
    readonly code: 'rule-broken' | 'nothing-to-say' | 'not-found' | 'wrong-state',
    readonly status: 400 | 404 | 409,
    message: string,
  ) {
    super(message);
  }
}

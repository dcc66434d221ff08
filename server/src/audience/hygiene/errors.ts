/** A refusal that is about a check of a list, as a sentence for the person who asked. */
export class HygieneError extends Error {
  override readonly name = 'HygieneError';

  constructor(
    readonly code:
      | 'unknown-check'
      | 'hygiene-busy'
      | 'count-changed'
      | 'wrong-action'
      | 'wrong-state'
      | 'not-tracked'
      | 'import-forgotten',
    readonly status: 400 | 404 | 409,
    message: string,
  ) {
    super(message);
  }
}

/** A refusal that is about the file or the import as a whole, as a sentence for the person who imports. */
export class ImportError extends Error {
  override readonly name = 'ImportError';

  constructor(
    readonly code:
      | 'unreadable-file'
      | 'too-large'
      | 'too-many-columns'
      | 'empty-file'
      | 'broken-row'
      | 'file-gone'
      | 'unknown-import'
      | 'wrong-state'
      | 'wrong-mapping'
      | 'unknown-attribute',
    readonly status: 400 | 404 | 409 | 413,
    message: string,
  ) {
    super(message);
  }
}

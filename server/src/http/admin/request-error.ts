/** A refusal that an admin route itself decides: the sentence goes to the person as it is. */
export class RequestError extends Error {
  override readonly name = 'RequestError';

  constructor(
    readonly status: 400 | 404 | 409,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export const notFound = (what: string, id: string) =>
  new RequestError(404, 'not-found', `There is no ${what} with the id "${id}". It may have been deleted.`);

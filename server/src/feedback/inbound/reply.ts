/** An SMTP reply that refuses something; smtp-server sends its code and message. */
export class Refusal extends Error {
  override name = 'Refusal';
  constructor(
    readonly responseCode: number,
    message: string,
  ) {
    super(message);
  }
}

/** @param text begins with the enhanced status (RFC 3463) */
export const reply = (code: number, text: string): Refusal => new Refusal(code, text);

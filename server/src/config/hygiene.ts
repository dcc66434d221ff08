import { z } from 'zod';

/** How checks of lists ask DNS whether domains take mail. */
export const hygieneSchema = z.strictObject({
  dns: z
    .strictObject({
      /** IP addresses of DNS servers, with a port if it is not 53: `['192.0.2.1', '192.0.2.2:5353']`. Default: the machine's. */
      servers: z.array(z.string().min(1)).min(1).optional(),
      /** Milliseconds until a try counts as unanswered. */
      timeoutMs: z.number().int().min(50).max(60_000).default(3000),
      /** Tries per question. */
      tries: z.number().int().min(1).max(10).default(2),
      /** Domains that are looked up at the same time. 1–200. */
      concurrency: z.number().int().min(1).max(200).default(20),
    })
    .prefault({}),
});

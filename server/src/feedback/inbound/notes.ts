import type { FeedbackWay } from '../../../../shared/contracts';
import type { Context } from '../../context';
import { noteSource, type SourceNote } from '../../storage';

const EVERY_MS = 2_000;

type Count = 'taken' | 'ignored' | 'refused';

/** Notes what a way in does, in sets: a stranger who tries addresses writes no row per try. */
export class SourceNotes {
  private note: SourceNote = {};
  private timer: NodeJS.Timeout | null = null;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly ctx: Pick<Context, 'knex' | 'log'>,
    private readonly way: FeedbackWay,
    private readonly name: string,
  ) {}

  /** It was there and had nothing new, or something came: `count` says what became of it. */
  seen(count?: Count): void {
    this.note.seenAt = Date.now();
    if (count) this.note[count] = (this.note[count] ?? 0) + 1;
    this.soon();
  }

  /** Somebody was turned away: no sign that the way works. */
  refused(): void {
    this.note.refused = (this.note.refused ?? 0) + 1;
    this.soon();
  }

  /** @param sentence for the operator */
  error(sentence: string): void {
    this.note.error = sentence;
    this.soon();
  }

  async close(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.flush();
    await this.writing;
  }

  private soon(): void {
    this.timer ??= setTimeout(() => this.flush(), EVERY_MS);
  }

  private flush(): void {
    this.timer = null;
    const { note } = this;
    if (Object.keys(note).length === 0) return;
    this.note = {};
    this.writing = this.writing
      .then(() => noteSource(this.ctx.knex, this.way, this.name, note))
      .catch((error: Error) => {
        this.ctx.log.warn(
          `newsletter: the state of ${this.way} "${this.name}" could not be noted: ${error.message}`,
        );
      });
  }
}

import type { ReplyCount } from '../storage';

/**
 * Puts replies together that differ only in what servers write for one message: addresses, queue ids, long numbers.
 * @returns at most `limit`, the most frequent first
 */
export function groupReplies(replies: readonly ReplyCount[], limit: number): ReplyCount[] {
  const groups = new Map<string, ReplyCount>();
  for (const reply of replies) {
    const text = generalise(reply.text);
    const key = JSON.stringify([reply.state, reply.code, reply.status, text]);
    const group = groups.get(key);
    if (group) group.count += reply.count;
    else groups.set(key, { ...reply, text });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count).slice(0, limit);
}

/** Ids have a digit in them and eight characters or more; words, status codes and links to help pages stay. */
function generalise(text: string): string {
  return text
    .replace(/<?[^\s<>@]+@[^\s<>@,;]+[^\s<>@,;.:]>?/g, '<…>')
    .replace(/(?<![\w./-])(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{8,}(?![\w/])/g, '…');
}

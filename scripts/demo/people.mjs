/**
 * Invented people for the demo: several languages, attributes as lists really have them (most fields of most people
 * empty, a few values very common). The same people each time.
 */

const NAMES = {
  en: [
    ['James', 'Mary', 'Robert', 'Linda', 'Olivia', 'Liam', 'Priya', 'Noah', 'Aisha', 'Grace', 'Owen', 'Zoe'],
    ['Smith', 'Jones', 'Brown', 'O’Connor', 'Patel', 'Walker', 'Nguyen', 'Clarke', 'Okafor', 'Reid'],
  ],
  ja: [
    ['陽菜', '蓮', '結衣', '湊', '美咲', '大翔', 'さくら', '健太', '由美子', '翔', '真理', '直樹'],
    ['佐藤', '鈴木', '高橋', '田中', '伊藤', '渡辺', '山本', '中村', '小林', '加藤'],
  ],
  de: [
    ['Anna', 'Jürgen', 'Sophie', 'Lukas', 'Käthe', 'Moritz', 'Birgit', 'Jonas'],
    ['Müller', 'Schmidt', 'Weiß', 'Schröder', 'Bäcker', 'Hoffmann'],
  ],
  fr: [
    ['Chloé', 'Étienne', 'Léa', 'Hugo', 'Zoé', 'François', 'Inès', 'Théo'],
    ['Martin', 'Lefèvre', 'Dubois', 'Moreau', 'Garçon', 'Petit'],
  ],
  es: [
    ['Lucía', 'Mateo', 'Sofía', 'Ángel', 'Begoña', 'Íñigo', 'Carmen'],
    ['García', 'Núñez', 'Peña', 'López', 'Ibáñez', 'Muñoz'],
  ],
};

/** Share of each language, of each mail domain, of each attribute's values. */
const LANGUAGES = /** @type {const} */ ([
  ['en', 52],
  ['ja', 24],
  ['de', 11],
  ['fr', 8],
  ['es', 5],
]);
const DOMAINS = /** @type {const} */ ([
  ['mail.example', 58],
  ['post.example', 20],
  ['work.example', 12],
  ['uni.example', 7.6],
  ['gone.example', 1.2],
  ['full.example', 0.8],
  ['strict.example', 0.4],
  ['late.example', 0.4],
]);
/** The inbox refuses these domains, at once or by a bounce; the first people have them, so that each refusal is seen. */
const REFUSED = ['gone.example', 'full.example', 'strict.example', 'late.example'];
const PLANS = /** @type {const} */ ([
  ['free', 82],
  ['pro', 14],
  ['business', 4],
]);
const ZONES = {
  en: 'Europe/London',
  ja: 'Asia/Tokyo',
  de: 'Europe/Berlin',
  fr: 'Europe/Paris',
  es: 'Europe/Madrid',
};

/**
 * @param {number} count
 * @returns {Generator<{email: string, firstName: string | null, lastName: string | null, language: string,
 *   timezone: string | null, attributes: Record<string, string | number | boolean>}>}
 */
export function* inventPeople(count) {
  const random = seededRandom(20_261_124);
  const pick = (/** @type {readonly any[]} */ values) => values[Math.floor(random() * values.length)];
  const weighted = (/** @type {readonly (readonly [any, number])[]} */ choices) => {
    let left = random() * choices.reduce((sum, [, weight]) => sum + weight, 0);
    return (choices.find(([, weight]) => (left -= weight) < 0) ?? choices[0])[0];
  };
  for (let i = 0; i < count; i++) {
    const language = /** @type {keyof typeof NAMES} */ (weighted(LANGUAGES));
    const [first, last] = NAMES[language];
    /** @type {Record<string, string | number | boolean>} */
    const attributes = {};
    if (random() < 0.9) attributes.plan = weighted(PLANS);
    // Few buy often: a heavy tail.
    if (random() < 0.22) attributes.purchases = Math.ceil(1 / Math.max(random(), 0.01));
    if (random() < 0.12)
      attributes.birthday = `${1950 + Math.floor(random() * 55)}-0${1 + Math.floor(random() * 9)}-1${Math.floor(random() * 10)}`;
    if (random() < 0.05) attributes.beta = true;
    yield {
      email: `reader${String(i + 1).padStart(4, '0')}@${REFUSED[i] ?? weighted(DOMAINS)}`,
      firstName: random() < 0.78 ? pick(first) : null,
      lastName: random() < 0.55 ? pick(last) : null,
      language,
      timezone: random() < 0.6 ? ZONES[language] : null,
      attributes,
    };
  }
}

/**
 * Mulberry32: small, and good enough for invented people.
 * @param {number} seed
 */
function seededRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

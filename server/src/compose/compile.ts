import type { CampaignContent, TemplateProblem } from '../../../shared/contracts';
import { htmlContext, textContext } from './context';
import { TemplateErrors } from './errors';
import { oneLine, cleanValue } from './escape';
import { footerHtml } from './footer';
import { cutSkeleton, fillHtml, fillText, type Shape } from './parts';
import { textProgram, traceProgram } from './program';
import { buildSkeleton } from './skeleton';
import { expandStatics } from './slots';
import { parseSource } from './source';
import { isHelper, staticProblems } from './static-check';
import type {
  CampaignSnapshot,
  CompiledCampaign,
  FilledText,
  RenderLinks,
  RenderPerson,
  RenderedMail,
} from './types';
import { walk } from './walk';

/** Shapes kept per content: recipients who take the same branches share one. */
const SHAPES = 64;
/** Characters of a rendered mail at most: a loop over a long attribute must not fill the memory. */
const MAX_HTML = 4_194_304;

/**
 * Parses every content and the template once. Deterministic, no I/O.
 * @param linkIds URL → id as `ensureLinks` gives them; a link that is not in it keeps its address
 * @throws TemplateErrors with all problems of the sources
 */
export function compileCampaign(
  snapshot: CampaignSnapshot,
  linkIds: ReadonlyMap<string, number>,
): CompiledCampaign {
  const problems: TemplateProblem[] = [];
  const mails = new Map<string, CompiledContent | null>();
  for (const content of snapshot.contents) {
    mails.set(keyOf(content), compileContent(snapshot, content, linkIds, problems));
  }
  if (snapshot.contents.length === 0) {
    problems.push({
      where: 'body',
      language: snapshot.defaultLanguage,
      message: 'There is no content.',
      line: null,
      column: null,
    });
  }
  if (problems.length > 0) throw new TemplateErrors(problems);

  return {
    contentFor: (variant, language) => contentFor(snapshot, variant, language),
    render(content, person, links) {
      const mail = mails.get(keyOf(content));
      if (!mail)
        throw new Error(`newsletter: content ${content.variant}/${content.language} is not of this campaign`);
      return mail(person, links);
    },
  };
}

/** Exact language, then its base languages (zh-Hant-TW → zh-Hant → zh), then the campaign's default, then any. */
export function contentFor(
  snapshot: Pick<CampaignSnapshot, 'contents' | 'defaultLanguage'>,
  variant: string,
  language: string | null,
): CampaignContent {
  const ofVariant = snapshot.contents.filter((content) => content.variant === variant);
  const rows = ofVariant.length > 0 ? ofVariant : snapshot.contents;
  const inLanguage = (tag: string) => rows.find((row) => row.language.toLowerCase() === tag.toLowerCase());
  for (const wanted of [language, snapshot.defaultLanguage]) {
    const subtags = (wanted ?? '').split('-');
    while (subtags.length > 0) {
      const row = inLanguage(subtags.join('-'));
      if (row) return row;
      subtags.pop();
    }
  }
  const [first] = rows;
  if (!first) throw new Error('newsletter: the campaign has no content');
  return first;
}

const keyOf = (content: CampaignContent) => `${content.variant} ${content.language}`;

type CompiledContent = (person: RenderPerson, links: RenderLinks) => RenderedMail;

function compileContent(
  snapshot: CampaignSnapshot,
  content: CampaignContent,
  linkIds: ReadonlyMap<string, number>,
  problems: TemplateProblem[],
): CompiledContent | null {
  const asts = {
    subject: checkedParse(content.subject, 'subject', content.language, problems),
    preheader: checkedParse(content.preheader, 'preheader', content.language, problems),
    body: checkedParse(content.body, 'body', content.language, problems),
    template:
      snapshot.templateHtml === null
        ? null
        : checkedParse(snapshot.templateHtml, 'template', snapshot.defaultLanguage, problems),
  };
  if (!asts.subject || !asts.preheader || !asts.body || (snapshot.templateHtml !== null && !asts.template))
    return null;

  const ownPreheader = asts.template !== null && uses(asts.template, 'preheader');
  const statics: string[] = [];
  const subjectOf = textProgram(asts.subject);
  const preheaderOf = textProgram(asts.preheader);
  const bodyOf = traceProgram(asts.body, statics);
  const templateOf = asts.template ? traceProgram(asts.template, statics) : null;
  const footer = footerHtml(snapshot, content.language);
  const shapes = new Map<string, Shape>();

  function shapeOf(trace: string): Shape {
    const known = shapes.get(trace);
    if (known) return known;
    const rendered = expandStatics(trace, statics);
    if (rendered.length > MAX_HTML) {
      throw new Error(`The mail grew to ${rendered.length} characters; ${MAX_HTML} is the most.`);
    }
    const shape = cutSkeleton(
      buildSkeleton(rendered, { snapshot, language: content.language, linkIds, ownPreheader }),
    );
    const [oldest] = shapes.keys();
    if (shapes.size >= SHAPES && oldest !== undefined) shapes.delete(oldest);
    shapes.set(trace, shape);
    return shape;
  }

  return (person, links) => {
    const base = textContext(snapshot, content, person, links);
    const subject = oneLine(cleanValue(subjectOf(base)));
    const preheader = oneLine(cleanValue(preheaderOf(base)));
    const values: string[] = [];
    const inner = htmlContext(base, { subject, preheader, content: '', footer });
    const body = bodyOf(inner, values);
    const trace = templateOf
      ? templateOf(htmlContext(base, { subject, preheader, content: body, footer }), values)
      : body;
    const shape = shapeOf(trace);
    const filling = { values, preheader, links };
    const filled = { html: fillHtml(shape, filling), text: fillText(shape, filling) };
    return { subject, preheader, html: joined(filled.html), text: joined(filled.text), filled };
  };
}

/** The text itself. */
export const joined = ({ fixed, values }: FilledText): string =>
  values.reduce((text, value, i) => text + value + fixed[i + 1]!, fixed[0]!);

/** Parses one source and reports what is wrong with it; a problem in the template is reported once. */
function checkedParse(
  source: string,
  where: TemplateProblem['where'],
  language: string,
  problems: TemplateProblem[],
): hbs.AST.Program | null {
  const { ast, problem } = parseSource(source);
  const found = ast ? staticProblems(ast) : [problem];
  for (const one of found) {
    const known = problems.some(
      (other) =>
        other.where === where &&
        other.language === language &&
        other.message === one.message &&
        other.line === one.line &&
        other.column === one.column,
    );
    if (!known) problems.push({ where, language, ...one });
  }
  return found.length === 0 ? ast : null;
}

/** True when a source reads a variable of the root. */
export function uses(ast: hbs.AST.Program, name: string): boolean {
  let found = false;
  walk(
    ast,
    {
      path: (path) => {
        if (!path.data && path.parts[0] === name) found = true;
      },
    },
    isHelper,
  );
  return found;
}

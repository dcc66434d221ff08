import { PAGE_LANGUAGES, type PageLanguage } from '../../../../shared/contracts';
import { pageLanguage, type Preferences } from '../../audience';
import { html, type Html } from './html';
import { notice, type Page } from './layout';
import { maskAddress } from './respond';
import { WORDS, type Words } from './words';

/** Lists and language to choose, leaving altogether, export and erasure. */
export function preferencesPage(
  { person, lists, shutOut }: Preferences,
  language: PageLanguage,
  message: 'saved' | 'left' | null,
): Page {
  const words = WORDS[language].preferences;
  return {
    language,
    title: words.title,
    content: html`${message && notice(words[message])}
      <p>${words.text(maskAddress(person.email))}</p>
      ${shutOut
        ? html`<p>${WORDS[language].refused.text}</p>`
        : choices(lists, person.language, language, words)}
      ${person.status !== 'unsubscribed' &&
      !shutOut &&
      html`<section>
        <h2>${words.leave}</h2>
        <p>${words.leaveText}</p>
        ${action('leave', words.leaveButton, 'plain')}
      </section>`}
      <section>
        <h2>${words.data}</h2>
        <p>${words.dataText}</p>
        <div class="actions">
          ${action('export', words.exportButton, 'plain')} ${action('erase', words.eraseButton, 'plain')}
        </div>
      </section>`,
  };
}

/** Asks once more before anything is erased. */
export function erasePage(language: PageLanguage): Page {
  const words = WORDS[language].preferences;
  return {
    language,
    title: words.eraseTitle,
    content: html`<p>${words.eraseText}</p>
      <div class="actions">
        ${action('erase-confirmed', words.eraseConfirm, 'danger')} ${action('back', words.eraseBack, 'plain')}
      </div>`,
  };
}

function choices(
  lists: Preferences['lists'],
  current: string | null,
  language: PageLanguage,
  words: Words['preferences'],
): Html {
  return html`<form method="post">
    <input type="hidden" name="action" value="save" />
    ${lists.length === 0 ? html`<p>${words.noLists}</p>` : listBoxes(lists, words.lists)}
    <label class="field" for="language">${words.language}</label>
    <select id="language" name="language">
      ${current !== null &&
      pageLanguage(current) === null &&
      html`<option value="" selected>${words.languageKept(current)}</option>`}
      ${PAGE_LANGUAGES.map((tag) => languageOption(tag, current === null ? language : pageLanguage(current)))}
    </select>
    <button type="submit">${words.save}</button>
  </form>`;
}

const listBoxes = (lists: Preferences['lists'], legend: string): Html =>
  html`<fieldset>
    <legend>${legend}</legend>
    ${lists.map(
      (list) =>
        html`<label class="choice">
          ${list.subscribed
            ? html`<input type="checkbox" name="lists" value="${list.documentId}" checked />`
            : html`<input type="checkbox" name="lists" value="${list.documentId}" />`}
          <span>${list.name}${list.description && html`<small>${list.description}</small>`}</span>
        </label>`,
    )}
  </fieldset>`;

const languageOption = (tag: PageLanguage, selected: PageLanguage | null): Html =>
  tag === selected
    ? html`<option value="${tag}" lang="${tag}" selected>${WORDS[tag].language}</option>`
    : html`<option value="${tag}" lang="${tag}">${WORDS[tag].language}</option>`;

const action = (name: string, label: string, kind: 'plain' | 'danger'): Html =>
  html`<form method="post">
    <input type="hidden" name="action" value="${name}" /><button type="submit" class="${kind}">
      ${label}
    </button>
  </form>`;

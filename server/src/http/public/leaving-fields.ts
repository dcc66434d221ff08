import {
  LEAVING_NOTE_MAX,
  LEAVING_REASONS,
  type LeavingWords,
  type PageLanguage,
} from '../../../../shared/contracts';
import { leavingWords } from '../../audience';
import { html, type Html } from './html';
import { WORDS } from './words';

/** Asks why somebody leaves; nothing has to be answered. */
export function leavingFields(language: PageLanguage): Html {
  const words = WORDS[language].unsubscribe;
  return html`<fieldset>
      <legend>${words.reason}</legend>
      ${LEAVING_REASONS.map(
        (reason) =>
          html`<label class="choice"
            ><input type="radio" name="reason" value="${reason}" /><span
              >${words.reasons[reason]}</span
            ></label
          >`,
      )}
    </fieldset>
    <label class="field" for="note">${words.note}</label>
    <textarea id="note" name="note" rows="2" maxlength="${LEAVING_NOTE_MAX}"></textarea>`;
}

/** What was answered. */
export const leavingOf = (form: Record<string, unknown>): LeavingWords | null =>
  leavingWords(form.reason, form.note);

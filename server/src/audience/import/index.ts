export {
  beginImport,
  cancelImport,
  changeReading,
  createImport,
  importDetail,
  importDto,
  previewAddresses,
  removeImport,
} from './intake';
export { startImportRunner, type ImportRunner } from './runner';
export { problemSentence, REPORT_COLUMNS } from './words';
export { safeCell } from './cells';

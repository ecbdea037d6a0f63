// The boards of a language, as they are committed.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '..', '..', '..');

export function boards(language = 'id') {
  const folder = join(ROOT, 'dashboards', 'json', language);
  return readdirSync(folder).sort().map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
}

export function panelsOf(board) {
  return board.panels.filter((panel) => panel.type !== 'row');
}

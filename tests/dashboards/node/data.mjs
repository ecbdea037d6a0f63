// What @grafana/data makes of frames: transformations, overrides, names, units, colours.
//
// Standard input is JSON: [{panel, frames: [{name, columns: {field: [values]}}]}].
// Standard output is JSON: for each panel its fields as they would be shown, and what it does not know.
import { createRequire } from 'node:module';
import { JSDOM } from 'jsdom';
import { prepared, transformations } from './prepared.mjs';

const dom = new JSDOM('', { url: 'http://localhost/' });
for (const name of ['window', 'document', 'localStorage', 'HTMLElement', 'Element', 'Node', 'DOMParser']) {
  globalThis[name] ??= name === 'window' ? dom.window : dom.window[name];
}
if (!globalThis.navigator) globalThis.navigator = dom.window.navigator;

// Its modules for import take named exports from CommonJS, which only bundlers allow.
const require = createRequire(import.meta.url);
const grafana = require('@grafana/data');
const { lastValueFrom } = require('rxjs');

grafana.standardTransformersRegistry.setInit(() => transformations(grafana));
const known = new Set(grafana.getValueFormats().flatMap((one) => one.submenu.map((unit) => unit.value)));
const theme = grafana.createTheme();

function unknownOf(panel) {
  // Grafana passes over a transformation that it does not know, and shows the table without it.
  return (panel.transformations ?? []).map((one) => one.id).filter((id) => !grafana.standardTransformersRegistry.getIfExists(id));
}

function shown(field, frame, all) {
  const at = field.values.findLastIndex((one) => one !== null && one !== undefined);
  const display = at < 0 ? undefined : field.display?.(field.values[at]);
  return {
    name: grafana.getFieldDisplayName(field, frame, all),
    type: field.type,
    length: field.values.length,
    text: display ? grafana.formattedValueToString(display) : null,
    color: display?.color ?? null,
    links: (field.config.links ?? []).map((one) => one.url),
  };
}

async function look(one) {
  const { panel } = one;
  const data = await prepared(grafana, lastValueFrom, one, theme);
  const overrides = (panel.fieldConfig.overrides ?? []).flatMap((each) => each.properties);
  const units = [panel.fieldConfig.defaults.unit, ...overrides.filter((each) => each.id === 'unit').map((each) => each.value)];
  return {
    title: panel.title,
    fields: data.flatMap((frame) => frame.fields.map((field) => shown(field, frame, data))),
    unknownTransformations: unknownOf(panel),
    unknownUnits: units.filter((unit) => unit && !known.has(unit)),
  };
}

let text = '';
for await (const chunk of process.stdin) text += chunk;
const found = [];
for (const one of JSON.parse(text)) found.push(await look(one));
process.stdout.write(JSON.stringify(found));
process.exit(0);

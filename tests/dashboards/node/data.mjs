// What @grafana/data makes of frames: transformations, overrides, names, units, colours.
//
// Standard input is JSON: [{panel, frames: [{name, columns: {field: [values]}}]}].
// Standard output is JSON: for each panel its fields as they would be shown, and units it does not know.
import { createRequire } from 'node:module';
import { JSDOM } from 'jsdom';

const dom = new JSDOM('', { url: 'http://localhost/' });
for (const name of ['window', 'document', 'localStorage', 'HTMLElement', 'Element', 'Node', 'DOMParser']) {
  globalThis[name] ??= name === 'window' ? dom.window : dom.window[name];
}
if (!globalThis.navigator) globalThis.navigator = dom.window.navigator;

// Its modules for import take named exports from CommonJS, which only bundlers allow.
const require = createRequire(import.meta.url);
const grafana = require('@grafana/data');
const { lastValueFrom } = require('rxjs');
const t = grafana.standardTransformers;

// Grafana 13 loads a transformation when it is first wanted; older ones had it at hand.
grafana.standardTransformersRegistry.setInit(() =>
  [t.joinByFieldTransformer, t.filterFieldsByNameTransformer, t.organizeFieldsTransformer].map((one) => ({
    id: one.id, name: one.name, aliasIds: one.aliasIds, transformation: async () => one, editor: () => null, tags: new Set(), imageDark: '', imageLight: '',
  })),
);

function unknownOf(panel) {
  // Grafana passes over a transformation that it does not know, and shows the table without it.
  return (panel.transformations ?? []).map((one) => one.id).filter((id) => !grafana.standardTransformersRegistry.getIfExists(id));
}

const property = (id, process) => ({ id, path: id, name: id, description: '', editor: () => null, override: () => null, process, shouldApply: () => true, getItemsCount: () => 0 });
const custom = (id, process) => ({ ...property(`custom.${id}`, process), path: id, isCustom: true });
const as = (value) => value;
const registry = new grafana.FieldConfigOptionsRegistry(() => [
  property('displayName', grafana.displayNameOverrideProcessor),
  property('unit', grafana.unitOverrideProcessor),
  property('thresholds', grafana.thresholdsOverrideProcessor),
  property('min', grafana.numberOverrideProcessor),
  property('max', grafana.numberOverrideProcessor),
  property('noValue', as),
  property('color', as),
  property('links', as),
  custom('cellOptions', as),
]);

const known = new Set(grafana.getValueFormats().flatMap((one) => one.submenu.map((unit) => unit.value)));

function kindOf(name, values) {
  if (name === 'Time') return grafana.FieldType.time;
  const value = values.find((one) => one !== null && one !== undefined);
  return typeof value === 'number' ? grafana.FieldType.number : grafana.FieldType.string;
}

function asFrame({ name, columns }) {
  return grafana.toDataFrame({
    name,
    fields: Object.entries(columns).map(([field, values]) => ({
      name: field,
      type: kindOf(field, values),
      // As the data source's backend does: a line is called by its legend, a column of a table by itself.
      config: field === 'Time' ? {} : { displayNameFromDS: field === 'Value' ? name : field },
      values,
    })),
  });
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
    cell: field.config.custom?.cellOptions?.type ?? null,
  };
}

async function look({ panel, frames }) {
  const said = frames.map(asFrame);
  const changed = await lastValueFrom(grafana.transformDataFrame(panel.transformations ?? [], said));
  const data = grafana.applyFieldOverrides({
    data: changed,
    fieldConfig: { defaults: panel.fieldConfig.defaults, overrides: panel.fieldConfig.overrides ?? [] },
    fieldConfigRegistry: registry,
    replaceVariables: (text) => text,
    theme: grafana.createTheme(),
    timeZone: 'Asia/Jakarta',
  });
  const overrides = (panel.fieldConfig.overrides ?? []).flatMap((one) => one.properties);
  const units = [panel.fieldConfig.defaults.unit, ...overrides.filter((one) => one.id === 'unit').map((one) => one.value)];
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

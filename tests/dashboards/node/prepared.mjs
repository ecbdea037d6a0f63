// What Grafana does with frames before a panel shows them. `grafana` is @grafana/data, however it was loaded.

export function transformations(grafana) {
  const t = grafana.standardTransformers;
  // Grafana 13 loads a transformation when it is first wanted; older ones had it at hand.
  return [t.joinByFieldTransformer, t.filterFieldsByNameTransformer, t.organizeFieldsTransformer].map((one) => ({
    id: one.id, name: one.name, aliasIds: one.aliasIds, transformation: async () => one,
    editor: () => null, tags: new Set(), imageDark: '', imageLight: '',
  }));
}

// Of a panel's own options for a field: those that our boards have.
const CUSTOM = ['cellOptions', 'drawStyle', 'lineWidth', 'fillOpacity', 'showPoints', 'thresholdsStyle', 'stacking', 'axisSoftMin'];

export function options(grafana) {
  const property = (id, process) => ({
    id, path: id, name: id, description: '', editor: () => null, override: () => null, process,
    shouldApply: () => true, getItemsCount: () => 0,
  });
  const as = (value) => value;
  return new grafana.FieldConfigOptionsRegistry(() => [
    property('displayName', grafana.displayNameOverrideProcessor),
    property('unit', grafana.unitOverrideProcessor),
    property('thresholds', grafana.thresholdsOverrideProcessor),
    property('min', grafana.numberOverrideProcessor),
    property('max', grafana.numberOverrideProcessor),
    property('mappings', as),
    property('noValue', as),
    property('color', as),
    property('links', as),
    ...CUSTOM.map((id) => ({ ...property(`custom.${id}`, as), path: id, isCustom: true })),
  ]);
}

function kindOf(grafana, name, values) {
  if (name === 'Time') return grafana.FieldType.time;
  const value = values.find((one) => one !== null && one !== undefined);
  return typeof value === 'number' ? grafana.FieldType.number : grafana.FieldType.string;
}

function asFrame(grafana, { name, columns }) {
  return grafana.toDataFrame({
    name,
    fields: Object.entries(columns).map(([field, values]) => ({
      name: field,
      type: kindOf(grafana, field, values),
      // As the data source's backend does: a line is called by its legend, a column of a table by itself.
      config: field === 'Time' ? {} : { displayNameFromDS: field === 'Value' ? name : field },
      values,
    })),
  });
}

export async function prepared(grafana, lastValueFrom, { panel, frames }, theme) {
  const said = frames.map((one) => asFrame(grafana, one));
  const shown = grafana.applyFieldOverrides({
    data: await lastValueFrom(grafana.transformDataFrame(panel.transformations ?? [], said)),
    fieldConfig: { defaults: panel.fieldConfig.defaults, overrides: panel.fieldConfig.overrides ?? [] },
    fieldConfigRegistry: options(grafana),
    replaceVariables: (text) => text,
    theme,
    timeZone: 'Asia/Jakarta',
  });
  grafana.cacheFieldDisplayNames(shown);
  return shown;
}

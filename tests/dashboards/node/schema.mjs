// Every board `satisfies Dashboard` of @grafana/schema, and every panel's options those of its kind.
// Prints what does not fit, and ends with 1.
import { join } from 'node:path';
import ts from 'typescript';
import { HERE, boards, panelsOf } from './boards.mjs';

const CFG = '@grafana/schema/dist/esm/raw/composable';
const KINDS = { stat: 'Stat', timeseries: 'TimeSeries', bargauge: 'BarGauge', table: 'Table', geomap: 'Geomap' };
// Of a variable that is an interval, which the SDK writes for every kind; and what Grafana's own editor writes into
// a query variable, which its schema leaves out.
const NOT_OF_A_VARIABLE = ['auto', 'auto_count', 'auto_min', 'definition'];
// Of the table of Grafana 10 and 11; later ones pass over it.
const NOT_OF_A_TABLE = ['footer'];

const HEAD = `
import type { Dashboard } from '@grafana/schema';
${Object.entries(KINDS).map(([kind, name]) => `import type * as ${kind} from '${CFG}/${kind}/panelcfg/x/${name}PanelCfg_types.gen';`).join('\n')}
// JSON has no enums: their values stand in their place.
type Plain<T> = 0 extends 1 & T ? T
  : T extends string ? \`\${T}\`
  : T extends number | boolean | null | undefined ? T
  : T extends Array<infer U> ? Array<Plain<U>>
  : T extends object ? { [K in keyof T]: Plain<T[K]> }
  : T;
// What a data source adds to its queries is its own.
type Free<T> = T extends { annotations?: infer A }
  ? Omit<T, 'annotations'> & { annotations?: { list?: Array<Record<string, unknown>> } } : T;
type Board = Free<Plain<Dashboard>>;
`;

function source(board) {
  const said = structuredClone(board);
  for (const variable of said.templating.list) {
    for (const key of NOT_OF_A_VARIABLE) delete variable[key];
  }
  const panels = panelsOf(board).map((panel, index) => {
    const kind = panel.type;
    const options = { ...panel.options };
    if (kind === 'table') for (const key of NOT_OF_A_TABLE) delete options[key];
    const custom = panel.fieldConfig?.defaults?.custom;
    const lines = [`const options${index} = ${JSON.stringify(options, null, 1)} satisfies Partial<Plain<${kind}.Options>>;`];
    if (custom && Object.keys(custom).length) {
      lines.push(`const custom${index} = ${JSON.stringify(custom, null, 1)} satisfies Partial<Plain<${kind}.FieldConfig>>;`);
    }
    return lines.join('\n');
  });
  return `${HEAD}\nexport const board = ${JSON.stringify(said, null, 1)} satisfies Board;\n${panels.join('\n')}\n`;
}

function check(all) {
  const files = new Map(all.map((board) => [join(HERE, `${board.uid}.virtual.ts`), source(board)]));
  const options = {
    noEmit: true, strict: true, skipLibCheck: true, types: [],
    module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, target: ts.ScriptTarget.ES2022,
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  const getSourceFile = host.getSourceFile;
  host.getSourceFile = (name, ...rest) =>
    files.has(name) ? ts.createSourceFile(name, files.get(name), ts.ScriptTarget.ES2022) : getSourceFile(name, ...rest);
  const program = ts.createProgram([...files.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map((one) => {
    const text = ts.flattenDiagnosticMessageText(one.messageText, ' ');
    if (!one.file) return text;
    const { line } = one.file.getLineAndCharacterOfPosition(one.start);
    const where = one.file.text.split('\n')[line].trim();
    return `${one.file.fileName.split('/').pop()}: ${where}: ${text}`;
  });
}

// The check itself must be able to fail.
const [first] = boards();
const broken = structuredClone(first);
broken.tags = 'jemput';
panelsOf(broken)[0].options.colorMode = 'rainbow';
const complaints = check([broken]);
if (!complaints.some((one) => one.includes('tags')) || !complaints.some((one) => one.includes('colorMode'))) {
  console.error('a broken board passed:', complaints);
  process.exit(2);
}

const found = [...check(boards('id')), ...check(boards('en'))];
found.forEach((one) => console.error(one));
console.log(`${boards('id').length} boards in two languages satisfy Dashboard: ${found.length ? 'no' : 'yes'}`);
process.exit(found.length ? 1 : 0);

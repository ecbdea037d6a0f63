// Draws boards with Grafana's own components, from window.SAID: {from, to, rows: [{title, panels: [{panel, frames}]}]}.
// Geomap is not among them: its code is not on npm.
import * as grafana from '@grafana/data';
import { BarGauge, BigValue, PanelChrome, PanelContextProvider, ThemeContext, TimeSeries } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { MemoryRouter } from 'react-router-dom';
import { lastValueFrom } from 'rxjs';
import 'uplot/dist/uPlot.min.css';
import '@grafana/react-data-grid/lib/styles.css';
import { prepared, transformations } from '../node/prepared.mjs';

const CELL = 54;
const ROW = 38;
const { from, to, title, panels } = window.SAID;
const theme = grafana.createTheme({ colors: { mode: 'light' } });
grafana.standardTransformersRegistry.setInit(() => transformations(grafana));

const timeRange = { from: grafana.dateTime(from), to: grafana.dateTime(to), raw: { from: 'now-7d', to: 'now' } };

function values(panel, data) {
  return grafana.getFieldDisplayValues({
    fieldConfig: panel.fieldConfig, reduceOptions: panel.options.reduceOptions, data,
    replaceVariables: (text) => text, theme, timeZone: 'Asia/Jakarta',
  });
}

function Stat({ panel, data, width, height }) {
  const all = values(panel, data);
  return all.map((one, index) => (
    <BigValue key={index} theme={theme} value={one.display} width={width / all.length} height={height}
      colorMode={panel.options.colorMode} graphMode={panel.options.graphMode} textMode="value" />
  ));
}

function Bars({ panel, data, width, height }) {
  const all = values(panel, data);
  return all.map((one, index) => (
    <BarGauge key={index} theme={theme} value={one.display} field={one.field} display={one.view?.getFieldDisplayProcessor?.(one.colIndex)}
      width={width} height={height / all.length} orientation="horizontal" text={panel.options.text} displayMode={panel.options.displayMode} />
  ));
}

function Lines({ panel, data, width, height }) {
  return (
    <TimeSeries frames={data} width={width} height={height} timeRange={timeRange} timeZone="Asia/Jakarta"
      legend={{ ...panel.options.legend, showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [] }} options={{}} />
  );
}

function Rows({ panel, data, width, height }) {
  return data.length ? <TableNG data={data[0]} width={width} height={height} theme={theme} getActions={() => []} sortBy={panel.options.sortBy} /> : null;
}

const KINDS = { stat: Stat, bargauge: Bars, timeseries: Lines, table: Rows };

function Panel({ panel, data }) {
  const Kind = KINDS[panel.type];
  const { x = 0, y = 0, w, h } = panel.gridPos;
  return (
    <div data-panel={panel.id} data-kind={panel.type} style={{ position: 'absolute', left: x * CELL, top: y * ROW }}>
      <PanelChrome title={panel.title} description={panel.description} width={w * CELL - 8} height={h * ROW - 8}>
        {(width, height) => (Kind ? <Kind panel={panel} data={data} width={width} height={height} /> : <i>{panel.type}</i>)}
      </PanelChrome>
    </div>
  );
}

const ready = await Promise.all(
  panels.map(async (one) => (one.panel.type === 'row' ? one : { ...one, data: await prepared(grafana, lastValueFrom, one, theme) })),
);
const bottom = Math.max(...panels.map(({ panel }) => (panel.gridPos.y ?? 0) + panel.gridPos.h));
const context = { eventsScope: '', eventBus: new grafana.EventBusSrv(), canAddAnnotations: () => false };

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <MemoryRouter>
      <ThemeContext.Provider value={theme}>
        <PanelContextProvider value={context}>
          <h2 style={{ margin: 8 }}>{title}</h2>
          <div style={{ position: 'relative', height: bottom * ROW + 20 }}>
            {ready.map((one) =>
              one.panel.type === 'row' ? (
                <h4 key={one.panel.id} style={{ position: 'absolute', top: (one.panel.gridPos.y ?? 0) * ROW + 10, left: 6 }}>{one.panel.title}</h4>
              ) : (
                <Panel key={one.panel.id} panel={one.panel} data={one.data} />
              ),
            )}
          </div>
        </PanelContextProvider>
      </ThemeContext.Provider>
    </MemoryRouter>
  </StrictMode>,
);

// Grafana's own types for what grafana_dashboard() writes. A name of an enum is a text in JSON. The run adds the dashboards behind
// this, as `boards` and `panels`, and tsc holds them against the types.
import type { Dashboard, FieldConfig, Panel } from '@grafana/schema';
import type { FieldConfig as BarChart, Options as BarChartOptions } from '@grafana/schema/dist/esm/raw/composable/barchart/panelcfg/x/BarChartPanelCfg_types.gen';
import type { Options as BarGaugeOptions } from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { FieldConfig as Table, Options as TableOptions } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type { FieldConfig as TimeSeries, Options as TimeSeriesOptions } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type { FieldConfig as Trend, Options as TrendOptions } from '@grafana/schema/dist/esm/raw/composable/trend/panelcfg/x/TrendPanelCfg_types.gen';

type Json<T> = T extends string ? `${T}`
    : T extends number ? (number extends T ? number : `${T}` extends `${infer N extends number}` ? N : never)
    : T extends (infer Element)[] ? Json<Element>[]
    : T extends object ? { [Key in keyof T]: Json<T[Key]> }
    : T;

type Of<Type, Options, Custom> = Omit<Json<Panel>, 'type' | 'options' | 'fieldConfig'> & {
    type: Type;
    options: Partial<Json<Options>>;
    fieldConfig: {
        defaults: Omit<Json<FieldConfig>, 'custom'> & { custom?: Partial<Json<Custom>> };
        overrides: NonNullable<Json<Panel>['fieldConfig']>['overrides'];
    };
};

type AnyPanel =
    | Of<'timeseries', TimeSeriesOptions, TimeSeries>
    | Of<'trend', TrendOptions, Trend>
    | Of<'barchart', BarChartOptions, BarChart>
    | Of<'bargauge', BarGaugeOptions, Record<string, never>>
    | Of<'stat', StatOptions, Record<string, never>>
    | Of<'table', TableOptions, Table>;

// Of an annotation Grafana's types know the query's frame, and nothing of SQL, which its data source puts into it.
type Annotation = NonNullable<NonNullable<Json<Dashboard>['annotations']>['list']>[number];
type ByStatement = Omit<Annotation, 'target'> & {
    target: NonNullable<Annotation['target']> & { editorMode: 'code'; format: 'table'; rawQuery: true; rawSql: string };
};

type Boards = (Omit<Json<Dashboard>, 'annotations'> & { annotations: { list: ByStatement[] } })[];
type Panels = AnyPanel[];

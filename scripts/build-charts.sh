#!/usr/bin/env bash
# Builds the chart library of report.html again: Apache ECharts with only the charts the report draws, as one file.
# Raise the versions here to update it, run the script, look at a report and commit what changed.
set -euo pipefail
echarts=6.1.0 esbuild=0.28.2
assets=$(cd "$(dirname "$0")/../crates/clearing-lab/assets" && pwd)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --loglevel error "echarts@$echarts" "esbuild@$esbuild"
cat >charts.js <<'JS'
export { init } from "echarts/core";
import { use } from "echarts/core";
import { BarChart, CustomChart, HeatmapChart, LineChart } from "echarts/charts";
import {
  AriaComponent, DataZoomComponent, GridComponent, LegendComponent, MarkAreaComponent, MarkLineComponent,
  TooltipComponent, VisualMapComponent,
} from "echarts/components";
import { SVGRenderer } from "echarts/renderers";
use([
  BarChart, CustomChart, HeatmapChart, LineChart, AriaComponent, DataZoomComponent, GridComponent, LegendComponent,
  MarkAreaComponent, MarkLineComponent, TooltipComponent, VisualMapComponent, SVGRenderer,
]);
JS
npx esbuild charts.js --bundle --minify --format=iife --global-name=echarts --legal-comments=none --charset=ascii \
  --log-level=warning --banner:js="/* Apache ECharts $echarts, Apache-2.0, with zrender, BSD-3-Clause: see echarts.LICENSE */" \
  --outfile="$assets/echarts.min.js"
! grep --quiet --ignore-case '</script' "$assets/echarts.min.js" || { echo "the library would end its element" >&2; exit 1; }
{
  cat node_modules/echarts/NOTICE; echo; cat node_modules/echarts/LICENSE; echo
  printf 'd3, from which ECharts takes some files:\n\n'; cat node_modules/echarts/licenses/LICENSE-d3
  printf '\nzrender, on which ECharts draws:\n\n'; cat node_modules/zrender/LICENSE
  printf '\n\ntslib, which both use:\n\n'; cat node_modules/tslib/LICENSE.txt
} | sed 's/[[:space:]]*$//' | cat --squeeze-blank >"$assets/echarts.LICENSE"
wc --bytes "$assets"/echarts.*

#pragma once

#include <string_view>

namespace understudy {

/// The look of a report: one column, the system's own fonts, light or dark as the reader's system is.
inline constexpr std::string_view kPageStyle = R"(
:root { --paper:#fff; --ink:#1c1e21; --soft:#5f656d; --rule:#dfe2e6; --shade:#f4f5f7; --line:#1f5fa8; --span:#1f5fa833;
  --good:#256d47; --bad:#b3301c; --useful:#3d8b63; --data:#d9a21b; --saving:#3f78b8; --validating:#8562a8;
  --sampling:#b893cf; --other:#9aa1a9; --lost:#c8402a; --restarting:#e08b4f; --away:#cfd3d8; }
@media (prefers-color-scheme: dark) { :root { --paper:#16181b; --ink:#e4e6e9; --soft:#9aa1aa; --rule:#33373d;
  --shade:#1f2226; --line:#74aef0; --span:#74aef040; --good:#6fc496; --bad:#f0826f; --useful:#55a87c; --data:#d9aa3c;
  --saving:#5f97d6; --validating:#a282c6; --sampling:#c7a8db; --other:#7c838b; --lost:#e0644f; --restarting:#e39a66;
  --away:#464b52; } }
* { box-sizing:border-box; }
body { margin:0; background:var(--paper); color:var(--ink); font:15px/1.5 system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif; }
main { max-width:1040px; margin:0 auto; padding:28px 20px 48px; }
h1 { font-size:26px; line-height:1.2; margin:0 0 4px; overflow-wrap:anywhere; }
h2 { font-size:19px; margin:44px 0 8px; padding-top:14px; border-top:1px solid var(--rule); }
h3 { font-size:15px; margin:20px 0 4px; }
p { margin:0 0 12px; max-width:76ch; overflow-wrap:anywhere; }
small, .remark, .none, footer { color:var(--soft); font-size:13px; }
code, pre { font:12.5px/1.45 ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace; overflow-wrap:anywhere; }
pre { background:var(--shade); padding:12px; overflow-x:auto; }
summary { cursor:pointer; margin:8px 0; }
footer { margin-top:44px; padding-top:12px; border-top:1px solid var(--rule); }
.standing { font-weight:600; } .standing::after { content:"."; }
.good { color:var(--good); } .bad, em { color:var(--bad); font-style:normal; }
.facts { display:grid; grid-template-columns:repeat(auto-fit,minmax(138px,1fr)); gap:16px 20px; margin:20px 0 0; }
.facts dt { color:var(--soft); font-size:13px; }
.facts dd { margin:0; font-size:20px; line-height:1.35; font-variant-numeric:tabular-nums; }
.facts dd.remark { font-size:13px; overflow-wrap:anywhere; }
.table { overflow-x:auto; margin:0 0 12px; }
table { border-collapse:collapse; font-size:14px; font-variant-numeric:tabular-nums; }
th { text-align:left; font-weight:500; color:var(--soft); font-size:13px; }
th, td { padding:5px 16px 5px 0; border-bottom:1px solid var(--rule); vertical-align:baseline; }
th:last-child, td:last-child { padding-right:0; }
.number { text-align:right; white-space:nowrap; }
td small { display:block; } td code { white-space:nowrap; }
td:nth-child(2) { white-space:nowrap; } td:last-child:not(.number) { min-width:200px; } td.number:last-child { padding-right:0; }
tr.emphasis td { font-weight:600; }
#time table { width:100%; }
#time td i { display:inline-block; width:10px; height:10px; margin-right:8px; }
#time td small { margin-left:18px; }
.bar { display:flex; height:26px; margin:4px 0 12px; background:var(--shade); }
.bar span { min-width:0; }
.useful { background:var(--useful); } .data { background:var(--data); } .saving { background:var(--saving); }
.validating { background:var(--validating); } .sampling { background:var(--sampling); } .other { background:var(--other); }
.lost { background:var(--lost); } .restarting { background:var(--restarting); } .away { background:var(--away); }
.charts { display:grid; grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr)); gap:22px 36px; }
figure { margin:0; min-width:0; }
.chart figcaption { font-size:14px; } .chart figcaption span { color:var(--soft); font-size:13px; }
.plot { position:relative; height:150px; margin:4px 0 0 52px; }
.plot svg { display:block; width:100%; height:100%; overflow:visible; }
.values span { position:absolute; right:100%; margin-right:8px; transform:translateY(-50%); }
.names span { position:absolute; top:2px; margin-left:5px; }
.values span, .names span, .iterations span { font-size:11.5px; line-height:1.2; color:var(--soft); white-space:nowrap;
  font-variant-numeric:tabular-nums; }
.iterations { position:relative; height:18px; margin:3px 0 0 52px; }
.iterations span { position:absolute; transform:translateX(-50%); }
.iterations .first { transform:none; } .iterations .last { transform:translateX(-100%); }
svg path { fill:none; vector-effect:non-scaling-stroke; stroke-linecap:round; stroke-linejoin:round; }
.phase0 { fill:var(--shade); } .phase1 { fill:var(--rule); }
.grid { stroke:var(--rule); stroke-width:1; } svg .span { fill:var(--span); stroke:var(--span); stroke-width:1; }
.mean { stroke:var(--line); stroke-width:1.6; } .dot { stroke:var(--line); stroke-width:5; }
.best { stroke:var(--bad); stroke-width:10; } .bad { stroke:var(--bad); stroke-width:2; }
.start { stroke:var(--bad); stroke-width:1.2; stroke-dasharray:4 3; }
.samples { display:grid; grid-template-columns:repeat(auto-fill,minmax(200px,1fr)); gap:20px; }
.samples img { display:block; width:100%; height:auto; image-rendering:auto; background:var(--shade); }
.samples figcaption { color:var(--soft); font-size:13px; margin-top:4px; font-variant-numeric:tabular-nums; }
@media (max-width:560px) { main { padding:20px 14px 40px; } th, td { padding-right:10px; } }
@media print { details { display:block; } h2 { break-after:avoid; } figure { break-inside:avoid; } }
)";

}  // namespace understudy

/** The page's style: one sheet, no fonts or pictures from elsewhere. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --line: light-dark(#dde3ea, #2b3440); --soft: light-dark(#f5f7f9, #161c24);
  --text: light-dark(#17202b, #dbe2ea); --dim: light-dark(#566273, #93a1b2); --mark: light-dark(#0b7a55, #47c795);
  --page: light-dark(#fff, #0f141a); --note: light-dark(#fff8e6, #2a2412); --noteline: light-dark(#e0b13a, #8d7125); }
* { box-sizing: border-box; }
html { scroll-padding-top: 4rem; }
body { margin: 0; font: 15px/1.55 system-ui, sans-serif; color: var(--text); background: var(--page); }
input[name=language] { position: absolute; opacity: 0; }
header { position: fixed; inset: 0 0 auto; height: 3.25rem; display: flex; gap: 1.5rem; align-items: center;
  padding: 0 1.5rem; background: var(--page); border-bottom: 1px solid var(--line); z-index: 1; }
header strong { font-size: 1.1rem; }
.languages { display: flex; margin-left: auto; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
.languages label { padding: .2rem .8rem; cursor: pointer; font-size: .85rem; }
.languages label + label { border-left: 1px solid var(--line); }
#show-curl:checked ~ header label[for=show-curl], #show-PHP:checked ~ header label[for=show-PHP],
#show-Python:checked ~ header label[for=show-Python], #show-TypeScript:checked ~ header label[for=show-TypeScript] {
  background: var(--mark); color: var(--page); }
input:focus-visible ~ header .languages { outline: 2px solid var(--mark); }
#show-curl:not(:checked) ~ main .curl, #show-PHP:not(:checked) ~ main .PHP,
#show-Python:not(:checked) ~ main .Python, #show-TypeScript:not(:checked) ~ main .TypeScript { display: none; }
a { color: var(--mark); text-decoration: none; } a:hover { text-decoration: underline; }
nav { position: fixed; inset: 3.25rem auto 0 0; width: 14rem; overflow: auto; padding: 1rem 1.5rem; border-right: 1px solid var(--line); }
nav a { display: block; padding: .12rem 0; font-size: .9rem; color: var(--text); }
nav b a { margin-top: .8rem; color: var(--dim); font-size: .75rem; text-transform: uppercase; letter-spacing: .06em; }
main { margin: 3.25rem 0 0 14rem; padding: 1rem 2.5rem 6rem; max-width: 90rem; }
section > p, section > h2 { max-width: 46rem; }
h1 { font-size: 1.5rem; margin: 3rem 0 .3rem; } h2 { font-size: 1.1rem; margin: 1.8rem 0 .4rem; }
h3 { font-size: .78rem; margin: 1.2rem 0 .3rem; color: var(--dim); text-transform: uppercase; letter-spacing: .06em; }
p { margin: .5rem 0; }
article { border-top: 1px solid var(--line); padding: .5rem 0 1.5rem; margin-top: 1.5rem; }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 2.5rem; align-items: start; }
.summary { font-weight: 600; }
.method { font-size: .68rem; font-weight: 700; border: 1px solid var(--mark); color: var(--mark); border-radius: 4px;
  padding: .1rem .35rem; margin-right: .35rem; vertical-align: middle; }
code, pre { font: .85em/1.5 ui-monospace, Menlo, Consolas, monospace; }
p code, td code { background: var(--soft); padding: .05em .3em; border-radius: 3px; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem; margin: .3rem 0; overflow: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
td { border-top: 1px solid var(--line); padding: .4rem .8rem .4rem 0; vertical-align: top; }
td small { display: block; color: var(--dim); }
.note { background: var(--note); border-left: 3px solid var(--noteline); padding: .35rem .7rem; font-size: .92rem; }
.example { position: sticky; top: 4.25rem; }
@media (max-width: 1000px) { .columns { display: block; } }
@media (max-width: 700px) { nav { display: none; } main { margin-left: 0; padding: 1rem; }
  header { gap: .7rem; padding: 0 .7rem; } header a { display: none; } .languages label { padding: .2rem .5rem; } }
`;

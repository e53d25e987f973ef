/**
 * Text that would run a script in a page that takes it for markup, for a script, for a template or for an address. Each one
 * opens a dialog and sets `canary`.
 */
const RUN = "alert(canary=1)";

export const CORPUS = [
  `<script>${RUN}</script>`,
  `"><script>${RUN}</script>`,
  `'><img src=x onerror=${RUN}>`,
  `<svg/onload=${RUN}>`,
  `<svg><animate onbegin=${RUN} attributeName=x>`,
  `<body onload=${RUN}>`,
  `<a href="javascript:${RUN}">x</a>`,
  `<input autofocus onfocus=${RUN}>`,
  `<details open ontoggle=${RUN}>x</details>`,
  `<video><source onerror=${RUN}></video>`,
  `<iframe src="javascript:parent.alert(parent.canary=1)">`,
  `<iframe srcdoc="<script>parent.alert(parent.canary=1)</script>">`,
  `<object data="data:text/html,<script>${RUN}</script>">`,
  `<math><mi xlink:href="javascript:${RUN}">x</mi></math>`,
  `<meta http-equiv=refresh content="0;url=javascript:${RUN}">`,
  `<base href="javascript:${RUN}//">`,
  `<link rel=stylesheet href="data:,*{color:red}"><style>*{x:expression(${RUN})}</style>`,
  `<scr<script>ipt>${RUN}</scr</script>ipt>`,
  `<img src=x onerror="&#97;lert(canary=1)">`,
  `<noscript><p title="</noscript><img src=x onerror=${RUN}>">`,
  `</title><script>${RUN}</script>`,
  `</textarea><script>${RUN}</script>`,
  `</script><script>${RUN}</script>`,
  `--><script>${RUN}</script><!--`,
  `]]><script>${RUN}</script>`,
  `" onmouseover=${RUN} style="position:fixed;inset:0" x="`,
  `javascript:${RUN}`,
  `data:text/html,<script>${RUN}</script>`,
  `";${RUN};//`,
  `'-${RUN}-'`,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: hostile text is meant
  "${alert(canary=1)}",
  `{{constructor.constructor('${RUN}')()}}`,
  `\\u003cscript\\u003e${RUN}\\u003c/script\\u003e`,
  `&lt;script&gt;${RUN}&lt;/script&gt;`,
  `%3Cscript%3E${RUN}%3C/script%3E`,
  `+ADw-script+AD4-${RUN}+ADw-/script+AD4-`,
];

/** Those of at most `length` characters. */
export function upTo(length) {
  return CORPUS.filter((text) => text.length <= length);
}

// Lists the operations of the OpenAPI document, and sends requests to them. Everything that comes
// from elsewhere is set as text, never as markup.
const TEXTS = {
  en: {
    language: "Language", operations: "Operations", filter: "Filter", login: "Who asks", kind: "By",
    basic: "name and password", token: "token", session: "session of this browser", none: "nobody",
    name: "Name", password: "Password", bearer: "Token", kept: "Kept by this page only, until it is closed.",
    choose: "Choose an operation.", answer: "Answer", send: "Send", body: "Body (JSON)",
    required: "required", waiting: "Waiting…", cut: "… cut here", lost: "No answer: ",
    badJson: "The body is not JSON: ", noDocument: "The OpenAPI document cannot be read.",
  },
  zh: {
    language: "语言", operations: "接口", filter: "筛选", login: "调用者", kind: "方式",
    basic: "用户名和密码", token: "令牌", session: "此浏览器的会话", none: "匿名",
    name: "用户名", password: "密码", bearer: "令牌", kept: "仅保存在本页面，关闭即清除。",
    choose: "请选择一个接口。", answer: "响应", send: "发送", body: "请求体（JSON）",
    required: "必填", waiting: "等待中…", cut: "…… 以下省略", lost: "没有响应：",
    badJson: "请求体不是 JSON：", noDocument: "无法读取 OpenAPI 文档。",
  },
};
const MOST_SHOWN = 200_000;
const DEEPEST = 4;
const at = (id) => document.getElementById(id);
let texts = TEXTS.en;
let api = null;
let chosen = null;

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function speak(language) {
  texts = TEXTS[language] ?? TEXTS.en;
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const place of document.querySelectorAll("[data-text]")) {
    place.textContent = texts[place.dataset.text];
  }
  if (chosen) show(chosen);
}

function operations() {
  const all = [];
  for (const [path, item] of Object.entries(api.paths)) {
    for (const [verb, operation] of Object.entries(item)) {
      all.push({ path, verb: verb.toUpperCase(), operation });
    }
  }
  return all;
}

function list() {
  const wanted = at("filter").value.trim().toLowerCase();
  const groups = new Map();
  for (const one of operations()) {
    const words = `${one.verb} ${one.path} ${one.operation.operationId} ${one.operation.summary}`;
    if (!words.toLowerCase().includes(wanted)) continue;
    const tag = one.operation.tags[0];
    groups.set(tag, [...(groups.get(tag) ?? []), one]);
  }
  const parts = [...groups].map(([tag, members]) => {
    const items = members.map((one) => element("li", {}, button(one)));
    return element("section", {}, element("h3", { textContent: tag }), element("ul", {}, ...items));
  });
  at("operations").replaceChildren(...parts);
}

function button(one) {
  const made = element("button", { type: "button", title: one.operation.description });
  made.append(element("span", { className: "verb", textContent: one.verb }), one.operation.summary);
  if (one.operation.operationId === chosen?.operation.operationId) made.setAttribute("aria-current", "true");
  made.addEventListener("click", () => { show(one); list(); });
  return made;
}

function resolve(schema) {
  const name = schema?.$ref?.split("/").pop();
  return name ? api.components.schemas[name] : schema ?? {};
}

/** A body with every field, to be changed or taken away. */
function example(given, depth = 0) {
  const schema = resolve(given);
  if (schema.enum) return schema.enum.find((value) => !value.endsWith("_UNSPECIFIED")) ?? schema.enum[0];
  if (schema.type === "array") return depth < DEEPEST ? [example(schema.items, depth + 1)] : [];
  if (schema.type === "object") {
    if (depth >= DEEPEST) return {};
    const never = (schema.allOf ?? []).map((rule) => rule.not?.required?.[1]).filter(Boolean);
    const fields = Object.entries(schema.properties ?? {}).filter(([name]) => !never.includes(name));
    return Object.fromEntries(fields.map(([name, field]) => [name, example(field, depth + 1)]));
  }
  return { integer: 0, number: 0, boolean: false }[schema.type] ?? "";
}

function field(parameter) {
  const schema = resolve(parameter.schema);
  const input = schema.enum
    ? element("select", {}, element("option", { value: "" }), ...schema.enum
        .filter((value) => !value.endsWith("_UNSPECIFIED"))
        .map((value) => element("option", { value, textContent: value })))
    : element("input", { autocomplete: "off" });
  input.dataset.name = parameter.name;
  input.dataset.in = parameter.in;
  input.required = parameter.required;
  const mark = parameter.required ? ` (${texts.required})` : "";
  const note = element("span", { className: "note", textContent: parameter.description ?? "" });
  return element("label", {}, element("span", { textContent: parameter.name + mark }), input, note);
}

function show(one) {
  chosen = one;
  const { operation, verb, path } = one;
  const title = element("h2", {}, element("span", { className: "verb", textContent: verb }), element("code", { textContent: path }));
  const fields = element("div", { className: "fields" }, ...operation.parameters.map(field));
  const parts = [title, element("p", { textContent: operation.description }), fields];
  const schema = operation.requestBody?.content["application/json"].schema;
  if (schema) {
    const text = JSON.stringify(example(schema), null, 2);
    parts.push(element("label", {}, texts.body, element("textarea", { id: "request", value: text, spellcheck: false })));
  }
  const send = element("button", { type: "button", textContent: texts.send });
  send.addEventListener("click", () => call(one));
  at("operation").replaceChildren(...parts, send);
}

function login() {
  const kind = at("kind").value;
  const encoded = new TextEncoder().encode(`${at("name").value}:${at("password").value}`);
  if (kind === "basic") return { Authorization: `Basic ${btoa(String.fromCharCode(...encoded))}` };
  if (kind === "token") return { Authorization: `Bearer ${at("bearer").value}` };
  return {};
}

function address({ path }) {
  const query = new URLSearchParams();
  for (const input of at("operation").querySelectorAll("[data-name]")) {
    const { name, in: place } = input.dataset;
    if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(input.value));
    else if (input.value) query.append(name, input.value);
  }
  return query.size ? `${path}?${query}` : path;
}

async function call(one) {
  const headers = login();
  const body = at("request")?.value;
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    try { JSON.parse(body); } catch (fault) { return tell(texts.badJson + fault.message, "", true); }
  }
  tell(texts.waiting, "", false);
  const started = performance.now();
  const credentials = at("kind").value === "session" ? "same-origin" : "omit";
  try {
    const answer = await fetch(address(one), { method: one.verb, headers, body, credentials });
    const text = await answer.text();
    const took = Math.round(performance.now() - started);
    const id = answer.headers.get("x-request-id") ?? "";
    tell(`${answer.status} ${answer.statusText} · ${took} ms · ${id}`, pretty(text), !answer.ok);
  } catch (fault) {
    tell(texts.lost + fault.message, "", true);
  }
}

function pretty(text) {
  let shown = text;
  try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: as it came */ }
  return shown.length > MOST_SHOWN ? `${shown.slice(0, MOST_SHOWN)}\n${texts.cut}` : shown;
}

function tell(status, body, isBad) {
  at("answer").hidden = false;
  at("status").textContent = status;
  at("status").className = isBad ? "bad" : "";
  at("body").textContent = body;
}

function chooseLogin() {
  for (const label of document.querySelectorAll("[data-for]")) {
    label.hidden = label.dataset.for !== at("kind").value;
  }
}

at("language").value = navigator.language.startsWith("zh") ? "zh" : "en";
at("language").addEventListener("change", () => speak(at("language").value));
at("kind").addEventListener("change", chooseLogin);
at("filter").addEventListener("input", list);
speak(at("language").value);
chooseLogin();
try {
  api = await (await fetch("/v1/openapi.json")).json();
  list();
} catch {
  tell(texts.noDocument, "", true);
}

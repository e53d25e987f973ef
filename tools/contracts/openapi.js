/**
 * Which changes of the OpenAPI document would break a client that was made from the released one.
 *
 * What a client sends may be asked for less and taken more widely, what it gets may only grow: no operation, parameter, property or
 * status of success disappears or changes its type, nothing new is required of requests, and nothing that was always in an answer
 * becomes optional.
 */

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/** What is broken, a sentence for each. */
export function brokenApi(released, current) {
  const broken = [];
  for (const [path, item] of Object.entries(released.paths ?? {})) {
    for (const method of METHODS.filter((method) => item[method])) {
      const name = `${method.toUpperCase()} ${path}`;
      const now = current.paths?.[path]?.[method];
      if (!now) {
        broken.push(`${name} was removed.`);
        continue;
      }
      const side = (document, path, operation) => ({ document, item: document.paths[path], operation });
      const pair = [side(released, path, item[method]), side(current, path, now)];
      broken.push(...parameters(name, ...pair), ...bodies(name, ...pair), ...answers(name, ...pair));
    }
  }
  return broken;
}

function parameters(name, before, now) {
  const list = ({ document, item, operation }) =>
    new Map(
      [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((parameter) => {
        const resolved = resolve(document, parameter);
        return [`${resolved.in} parameter ${resolved.name}`, resolved];
      }),
    );
  const [old, fresh] = [list(before), list(now)];
  const broken = [];
  for (const [key, parameter] of old) {
    const same = fresh.get(key);
    if (!same) broken.push(`${name}: the ${key} was removed.`);
    else broken.push(...compare(`${name}: the ${key}`, before, now, parameter.schema, same.schema, "sent"));
  }
  for (const [key, parameter] of fresh) {
    if (parameter.required && !old.get(key)?.required) broken.push(`${name}: the ${key} is required now.`);
  }
  return broken;
}

function bodies(name, before, now) {
  const [old, fresh] = [before, now].map((side) => resolve(side.document, side.operation.requestBody));
  if (!old) return fresh?.required ? [`${name}: a body is required now.`] : [];
  const required = fresh?.required && !old.required ? [`${name}: the body is required now.`] : [];
  return [...required, ...contents(`${name}: the body`, before, now, old, fresh, "sent")];
}

function answers(name, before, now) {
  const succeeds = ([status]) => status.startsWith("2");
  return Object.entries(before.operation.responses ?? {})
    .filter(succeeds)
    .flatMap(([status, answer]) => {
      const fresh = resolve(now.document, now.operation.responses?.[status]);
      if (!fresh) return [`${name}: it does not answer ${status} any more.`];
      return contents(`${name}: the answer ${status}`, before, now, resolve(before.document, answer), fresh, "got");
    });
}

function contents(name, before, now, old, fresh, way) {
  return Object.entries(old.content ?? {}).flatMap(([type, { schema }]) => {
    const same = fresh?.content?.[type];
    if (!same) return [`${name} is not ${type} any more.`];
    return compare(name, before, now, schema, same.schema, way);
  });
}

/** Compares schemas; `way` is whether the client has `sent` or `got` it. `seen` ends where types lead back to themselves. */
function compare(name, before, now, oldSchema, newSchema, way, seen = new Set()) {
  const known = resolve(before.document, oldSchema);
  if (!known || !newSchema || seen.has(known)) return [];
  const path = new Set(seen).add(known);
  const [old, fresh] = [flatten(before.document, oldSchema), flatten(now.document, newSchema)];
  const broken = [];
  const lost = (old.types ?? []).filter((type) => fresh.types && !fresh.types.includes(type));
  const gained = (fresh.types ?? []).filter((type) => old.types && !old.types.includes(type));
  if ((way === "sent" ? lost : gained).length > 0 || (old.types && lost.length === old.types.length)) {
    broken.push(`${name} was ${old.types.join("|")} and is ${fresh.types.join("|")}.`);
  }
  const values = way === "sent" && fresh.enum ? (old.enum ?? []).filter((value) => !fresh.enum.includes(value)) : [];
  broken.push(...values.map((value) => `${name} cannot be ${JSON.stringify(value)} any more.`));
  for (const [property, schema] of Object.entries(old.properties)) {
    const inner = `${name}: ${property}`;
    if (!fresh.properties[property]) broken.push(`${inner} was removed.`);
    else broken.push(...compare(inner, before, now, schema, fresh.properties[property], way, path));
  }
  const [must, had] = way === "sent" ? [fresh.required, old.required] : [old.required, fresh.required];
  const word = way === "sent" ? "is required now" : "may be left out now";
  const turned = must.filter((property) => !had.includes(property) && (way === "sent" || fresh.properties[property]));
  broken.push(...turned.map((property) => `${name}: ${property} ${word}.`));
  if (old.items) broken.push(...compare(`${name}: each item`, before, now, old.items, fresh.items, way, path));
  return broken;
}

/** Types, properties and what is required of a schema, with references and `allOf` put in; of `oneOf`, what is not null. */
function flatten(document, schema) {
  const own = resolve(document, schema) ?? {};
  const all = [...(own.allOf ?? []), ...(own.oneOf ?? own.anyOf ?? [])].map((part) => flatten(document, part));
  const types = [own.type ?? [], ...all.map((part) => part.types ?? [])].flat();
  return {
    types: types.length > 0 ? [...new Set(types)] : undefined,
    enum: own.enum ?? all.find((part) => part.enum)?.enum,
    items: own.items ?? all.find((part) => part.items)?.items,
    properties: Object.assign({}, ...all.map((part) => part.properties), own.properties),
    required: [...(own.required ?? []), ...(own.oneOf || own.anyOf ? [] : all.flatMap((part) => part.required))],
  };
}

function resolve(document, value) {
  if (!value?.$ref) return value;
  const target = value.$ref.split("/").slice(1);
  return target.reduce((at, step) => at?.[step.replaceAll("~1", "/").replaceAll("~0", "~")], document);
}

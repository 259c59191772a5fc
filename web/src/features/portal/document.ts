/** The OpenAPI document, as far as the portal reads it. */
export type Schema = {
  $ref?: string; type?: string | string[]; description?: string; format?: string; enum?: string[]; required?: string[];
  properties?: { [name: string]: Schema }; items?: Schema; additionalProperties?: Schema | boolean; allOf?: Schema[]; contentEncoding?: string;
};
export type Parameter = { name: string; in: 'path' | 'query'; required?: boolean; description?: string; schema: Schema };
export type Operation = {
  operationId: string; summary: string; description: string; tags: string[]; parameters?: Parameter[]; security?: unknown[];
  requestBody?: { content: { [type: string]: { schema: Schema } } };
  responses: { [status: string]: { description?: string; content?: { [type: string]: { schema: Schema } } } };
};
export type Document = {
  info: { title: string; version: string };
  tags: { name: string; description: string }[];
  paths: { [path: string]: { [verb: string]: Operation } };
  components: { schemas: { [name: string]: Schema } };
};
export type Call = { id: string; verb: string; path: string; operation: Operation };

const DEEPEST = 4;

/** Every way to call a method, by the service and then as the document lists them. */
export function callsOf(document: Document): Call[] {
  return Object.entries(document.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => ({ id: `${verb} ${path}`, verb: verb.toUpperCase(), path, operation })),
  );
}

export function isFound({ path, operation }: Call, wanted: string): boolean {
  const text = `${path} ${operation.operationId} ${operation.summary} ${operation.description}`.toLowerCase();
  return wanted.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

export function resolve(document: Document, schema: Schema | undefined): Schema {
  const name = schema?.$ref?.split('/').pop();
  return (name && document.components.schemas[name]) || schema || {};
}

/** What a body may look like: every field with a value of its kind; what is required comes first. */
export function example(document: Document, given: Schema | undefined, depth = 0): unknown {
  const schema = resolve(document, given);
  if (schema.enum) return schema.enum.find((one) => !one.endsWith('UNSPECIFIED')) ?? schema.enum[0];
  if (schema.allOf?.[0]) return example(document, schema.allOf[0], depth);
  if (schema.type === 'array') return depth >= DEEPEST ? [] : [example(document, schema.items, depth + 1)];
  if (schema.properties) {
    if (depth >= DEEPEST) return {};
    return Object.fromEntries(Object.entries(schema.properties).map(([name, one]) => [name, example(document, one, depth + 1)]));
  }
  if (schema.type === 'object') return {};
  if (schema.type === 'boolean') return false;
  if (schema.type === 'integer' || schema.type === 'number') return 0;
  if (schema.format === 'date-time') return '2026-01-31T09:30:00Z';
  return schema.format === 'int64' ? '0' : '';
}

/** The body that a person begins with: only what is required. */
export function beginning(document: Document, given: Schema | undefined): string {
  const schema = resolve(document, given);
  const needed = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name));
  return JSON.stringify(Object.fromEntries(needed.map(([name, one]) => [name, example(document, one, 1)])), null, 2);
}

export const bodyOf = ({ operation }: Call): Schema | undefined => operation.requestBody?.content['application/json']?.schema;

/** The address with what was filled in; a path variable that is empty stays as it is. */
export function addressOf({ path, operation }: Call, values: { [name: string]: string }): string {
  const filled = path.replace(/\{(\w+)\}/g, (whole, name: string) => (values[name] ? encodeURIComponent(values[name]) : whole));
  const query = new URLSearchParams();
  for (const one of operation.parameters ?? []) {
    const value = values[one.name];
    if (one.in === 'query' && value) query.set(one.name, value);
  }
  const text = query.toString();
  return text ? `${filled}?${text}` : filled;
}

const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The same call from a terminal; the token is left for whoever runs it. */
export function curlOf(origin: string, call: Call, address: string, body: string): string {
  const lines = [`curl ${quoted(origin + address)}`];
  if (call.verb !== 'GET') lines.push(`-X ${call.verb}`);
  lines.push('-H "Authorization: Bearer $TOKEN"');
  if (bodyOf(call)) lines.push("-H 'Content-Type: application/json'", `-d ${quoted(body)}`);
  return lines.join(' \\\n  ');
}

import { expect, test } from 'vitest';
import { addressOf, beginning, curlOf, example, isFound, type Call, type Document } from './document';

const document: Document = {
  info: { title: 'Casebook', version: '1' },
  tags: [],
  paths: {},
  components: { schemas: {
    Thing: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, kind: { enum: ['KIND_UNSPECIFIED', 'GOOD'] }, size: { type: 'string', format: 'int64' }, parts: { type: 'array', items: { $ref: '#/components/schemas/Thing' } } } },
  } },
};
const call: Call = {
  id: 'post /v1/studies/{studyOid}/things', verb: 'POST', path: '/v1/studies/{studyOid}/things',
  operation: {
    operationId: 'Things_Make', summary: 'Makes a thing', description: 'Makes a thing.', tags: ['Things'], responses: {},
    parameters: [{ name: 'studyOid', in: 'path', schema: {} }, { name: 'pageSize', in: 'query', schema: {} }],
    requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } },
  },
};

test('an example has every field and ends where a thing holds things', () => {
  const made = example(document, { $ref: '#/components/schemas/Thing' }) as { kind: string; parts: unknown[] };
  expect(made).toMatchObject({ name: '', kind: 'GOOD', size: '0' });
  expect(JSON.stringify(made).length).toBeLessThan(600);
});

test('a body begins with what is required', () => {
  expect(JSON.parse(beginning(document, { $ref: '#/components/schemas/Thing' }))).toEqual({ name: '' });
});

test('an address is filled in and encoded', () => {
  expect(addressOf(call, { studyOid: 'S 1/2', pageSize: '5' })).toBe('/v1/studies/S%201%2F2/things?pageSize=5');
  expect(addressOf(call, {})).toBe('/v1/studies/{studyOid}/things');
});

test('a call for the terminal quotes what would end the quotes', () => {
  const text = curlOf('https://trial.example', call, '/v1/x', '{"name":"O\'Neil"}');
  expect(text).toContain("-X POST");
  expect(text).toContain(`'{"name":"O'\\''Neil"}'`);
});

test('every word must be found', () => {
  expect(isFound(call, 'make thing')).toBe(true);
  expect(isFound(call, 'make nothing')).toBe(false);
});

import { useLocale } from '../../i18n';
import { resolve, type Document, type Schema } from './document';

const typeOf = (document: Document, schema: Schema): string => {
  const name = schema.$ref?.split('/').pop();
  const found = resolve(document, schema);
  if (found.enum) return found.enum.filter((one) => !one.endsWith('UNSPECIFIED')).join(' | ');
  if (name) return name;
  if (schema.type === 'array') return `${typeOf(document, schema.items ?? {})}[]`;
  if (schema.contentEncoding) return schema.contentEncoding;
  return schema.format ?? String(schema.type ?? 'object');
};

/** The fields of a message, each with its kind and what it means. */
export function Fields({ title, document, schema }: { title: string; document: Document; schema: Schema | undefined }) {
  const { t } = useLocale();
  const found = resolve(document, schema);
  const fields = Object.entries(found.properties ?? {});
  if (fields.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <div className="scroll-x">
        <table className="table">
          <thead><tr><th>{t('portal.field')}</th><th>{t('portal.kind')}</th><th>{t('portal.meaning')}</th></tr></thead>
          <tbody>{fields.map(([name, one]) => <tr key={name}><td className="nowrap"><code>{name}</code>{found.required?.includes(name) && <abbr title={t('portal.required')}>*</abbr>}</td><td className="wrap"><code>{typeOf(document, one)}</code></td><td>{one.description}</td></tr>)}</tbody>
        </table>
      </div>
    </section>
  );
}

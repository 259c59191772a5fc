import { useState } from 'react';
import type { Schemas } from '../../api/client';
import { useLocale } from '../../i18n';
import { Icon } from '../../ui/icons';

type Example = Schemas['CheckExample'];
type Checked = Schemas['BuildCheckExpressionResponse'];
const RESULTS = ['true', 'false', 'not evaluated'];

/** Example cases: what is given, what is expected, and whether the rule gives it. */
export function Examples({ examples, checked, onChange }: { examples: Example[]; checked: Checked | undefined; onChange: (examples: Example[]) => void }) {
  const { t, text } = useLocale();
  const reads = checked?.reads ?? [];
  const names = [...new Set([...reads, ...examples.flatMap(({ given }) => Object.keys(given))])];
  const change = (at: number, example: Example) => onChange(examples.map((one, place) => (place === at ? example : one)));
  const add = () => onChange([...examples, { given: {}, expect: 'true' }]);
  return (
    <section className="section">
      <h2>{t('draft.examples')}</h2>
      <p className="fine">{t('draft.examples.hint')}</p>
      {examples.length > 0 && (
        <div className="scroll-x" role="region" tabIndex={0} aria-label={t('draft.examples')}>
          <table className="table">
            <thead><tr><th>#</th>{names.map((name) => <th key={name}><code>{name}</code></th>)}<th>{t('draft.expect')}</th><th>{t('draft.gives')}</th><th><span className="hidden">{t('draft.acts')}</span></th></tr></thead>
            <tbody>
              {examples.map((example, at) => {
                const result = checked?.examples[at];
                return (
                  <tr key={at}>
                    <td>{at + 1}</td>
                    {names.map((name) => <td key={name}><Given label={`${name} (${at + 1})`} value={example.given[name] ?? ''} onChange={(value) => change(at, { ...example, given: given(example.given, name, value) })} /></td>)}
                    <td>
                      <select className="input" aria-label={`${t('draft.expect')} (${at + 1})`} value={example.expect} onChange={(event) => change(at, { ...example, expect: event.target.value })}>
                        {RESULTS.map((one) => <option key={one} value={one}>{t(`draft.result.${one === 'not evaluated' ? 'none' : one}` as 'draft.result.true')}</option>)}
                      </select>
                    </td>
                    <td className="nowrap">{result && (result.passed
                      ? <span className="status tone-green"><Icon name="check" />{t('draft.passed')}</span>
                      : <span className="status tone-red"><Icon name="cross" />{t('draft.failed')}: {text(result.message, result.actual)}</span>)}</td>
                    <td><button type="button" className="button small" aria-label={t('draft.remove.one', { name: String(at + 1) })} onClick={() => onChange(examples.filter((_, place) => place !== at))}><Icon name="cross" /></button></td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      <div><button type="button" className="button" onClick={add}><Icon name="plus" />{t('draft.newexample')}</button></div>
    </section>
  );
}

/** A blank value is one that is not given. */
function given(before: Example['given'], name: string, value: string): Example['given'] {
  const after = { ...before };
  if (value.trim() === '') delete after[name];
  else after[name] = value.trim();
  return after;
}

function Given({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  return <input className="input" size={10} aria-label={label} value={typed} onChange={(event) => { setTyped(event.target.value); onChange(event.target.value); }} />;
}

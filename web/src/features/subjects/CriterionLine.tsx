import { Link } from 'wouter';
import type { Schemas } from '../../api/client';
import type { Criterion, CriterionVerdict, ItemValue } from '../../api/types';
import { useLocale, type Key } from '../../i18n';
import type { Design } from '../../lib/study';
import { formPath } from '../../lib/url';
import { Icon } from '../../ui/icons';

type Props = { design: Design; criterion: Criterion; verdict: CriterionVerdict | undefined; said?: boolean | undefined; onSay?: (isMet: boolean) => void };
type Seen = Schemas['CriterionValue'];

/** One criterion: the sentence of the protocol, where it stands, and the values on which that rests. */
export function CriterionLine({ design, criterion, verdict, said, onSay }: Props) {
  const { t, text } = useLocale();
  const { criterionOid, kind, name } = criterion;
  const isAttested = criterion.expression === undefined;
  return (
    <div className={verdict?.standsAgainst ? 'criterion bad' : 'criterion'} data-criterion={criterionOid}>
      <div>
        <strong>{name}</strong> <span className="tag">{t(kind === 'EXCLUSION' ? 'enrol.exclusion' : 'enrol.inclusion')}</span>
        <p>{text(criterion.text, name)}</p>
        {verdict && verdict.values.length > 0 && <ul className="criterion-values">{verdict.values.map((seen) => <Value key={seen.reads} design={design} seen={seen} />)}</ul>}
      </div>
      <div className="criterion-verdict">
        {isAttested && onSay && (
          <div className="segments" role="radiogroup" aria-label={name}>
            {[true, false].map((isMet) => (
              <label key={String(isMet)} className={said === isMet ? 'segment chosen' : 'segment'}>
                <input type="radio" name={criterionOid} checked={said === isMet} onChange={() => onSay(isMet)} />{t(isMet ? 'enrol.met' : 'enrol.notmet')}
              </label>
            ))}
          </div>
        )}
        {verdict && <Verdict verdict={verdict} isAsked={isAttested && onSay !== undefined} />}
      </div>
    </div>
  );
}

/** Shape, colour and words say the same. */
function Verdict({ verdict: { verdict, standsAgainst, cause }, isAsked }: { verdict: CriterionVerdict; isAsked: boolean }) {
  const { t } = useLocale();
  if (verdict === 'NOT_EVALUATED') {
    if (cause === 'NOT_ATTESTED' && isAsked) return null;
    return <span className="status tone-quiet"><Icon name="circle" />{t(`eligible.cause.${cause}` as Key)}</span>;
  }
  const words = t(verdict === 'MET' ? 'enrol.met' : 'enrol.notmet');
  if (standsAgainst) return <span className="status tone-red"><Icon name="cross" />{t('eligible.against', { verdict: words })}</span>;
  return <span className="status tone-green"><Icon name="check" />{t('eligible.inorder', { verdict: words })}</span>;
}

function Value({ design, seen }: { design: Design; seen: Seen }) {
  const { t, text } = useLocale();
  const { record, item, value, reads } = seen;
  const shown = valueText(design, item?.itemOid, value, text, t);
  if (!record || !item) return <li><code>{reads}</code>: {shown}</li>;
  const def = design.items.get(item.itemOid ?? '');
  const form = design.forms.get(record.formOid ?? '');
  const event = design.events.get(record.studyEventOid ?? '');
  const place = {
    studyOid: design.study.studyOid, subjectKey: record.subjectKey ?? '', studyEventOid: record.studyEventOid ?? '', studyEventRepeatKey: record.studyEventRepeatKey || '1',
    formOid: record.formOid ?? '', formRepeatKey: record.formRepeatKey || '1',
  };
  const at = [item.itemGroupOid, item.itemGroupRepeatKey || '1', item.itemOid].join('~');
  return (
    <li>
      {text(def?.question, def?.name ?? item.itemOid)}: <strong className={value ? undefined : 'missing'}>{shown}</strong>
      {' · '}
      <Link href={`${formPath(place)}#${encodeURIComponent(at)}`}>{text(event?.description, event?.name)} › {text(form?.description, form?.name)}</Link>
    </li>
  );
}

function valueText(design: Design, itemOid: string | undefined, value: ItemValue | undefined, text: ReturnType<typeof useLocale>['text'], t: ReturnType<typeof useLocale>['t']): string {
  if (!value) return t('eligible.blank');
  if (value.missingReason) return t(`missing.${value.missingReason}` as Key);
  const def = design.items.get(itemOid ?? '');
  const coded = def?.codeListOid ? design.codes.get(def.codeListOid)?.items.find(({ codedValue }) => codedValue === value.value) : undefined;
  const unit = value.unitOid ? design.units.get(value.unitOid) : undefined;
  return `${text(coded?.decode, value.value)}${unit ? ` ${text(unit.symbol, unit.ucum ?? '')}` : ''}`;
}

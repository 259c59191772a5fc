"""The study: visits, conditions, derivations, units."""

from crf.instruments import NPI, NPI_SCORED
from crf.model import Event

EVENTS = [
    Event("SE.SCREENING1", "Screening 1", "筛选访视1", "SV! DM! IE MH! SC! QSHI! QSMM! VS! CM LBCH! LBHE! LBUR! DS", category="Screening"),
    Event("SE.SCREENING2", "Screening 2", "筛选访视2", "SV! VS! CM", category="Screening"),
    Event("SE.BASELINE", "Baseline", "基线", "SV! VS! CM LBHE QSCO! QSDA! QSNI! EC! DS!", category="Treatment"),
    Event("SE.AMBULPLACE", "Ambul ECG Placement", "动态心电图佩戴", "SV! VS! LBUR", category="Treatment", expected=False),
    Event("SE.WEEK2", "Week 2", "第2周", "SV! VS! CM LBCH! LBHE! LBUR QSNI! QSCO QSDA QSGI EC! DS", category="Treatment"),
    Event("SE.WEEK4", "Week 4", "第4周", "SV! VS! CM LBCH! LBHE! LBUR QSNI! QSCO QSDA QSGI DS", category="Treatment"),
    Event("SE.AMBULREM", "Ambul ECG Removal", "动态心电图取下", "SV! VS! CM LBCH LBHE LBUR QSCO QSDA QSGI QSNI DS", category="Treatment", expected=False),
    Event("SE.WEEK6", "Week 6", "第6周", "SV! VS! CM LBCH! LBHE! LBUR QSNI! QSCO QSDA QSGI DS", category="Treatment"),
    Event("SE.WEEK8", "Week 8", "第8周", "SV! VS! CM LBCH! LBHE! LBUR QSNI! QSCO! QSDA! QSGI! DS", category="Treatment"),
    Event("SE.WEEK10T", "Week 10 (telephone)", "第10周（电话）", "SV! QSNI!", category="Treatment"),
    Event("SE.WEEK12", "Week 12", "第12周", "SV! VS! CM LBCH! LBHE! LBUR! QSNI! QSCO QSDA QSGI DS", category="Treatment"),
    Event("SE.WEEK14T", "Week 14 (telephone)", "第14周（电话）", "SV! QSNI!", category="Treatment"),
    Event("SE.WEEK16", "Week 16", "第16周", "SV! VS! CM LBCH! LBHE! LBUR QSNI! QSCO! QSDA! QSGI! DS", category="Treatment"),
    Event("SE.WEEK18T", "Week 18 (telephone)", "第18周（电话）", "SV! QSNI!", category="Treatment"),
    Event("SE.WEEK20", "Week 20", "第20周", "SV! VS! CM LBCH! LBHE! LBUR QSNI! QSCO QSDA QSGI DS", category="Treatment"),
    Event("SE.WEEK22T", "Week 22 (telephone)", "第22周（电话）", "SV! QSNI!", category="Treatment"),
    Event("SE.WEEK24", "Week 24", "第24周", "SV! VS! CM LBCH! LBHE! LBUR! QSNI! QSCO! QSDA! QSGI! EC! DS", category="Treatment"),
    Event("SE.WEEK26", "Week 26", "第26周", "SV! VS! CM LBCH! LBHE! LBUR QSNI! DS!", category="Follow-Up"),
    Event("SE.AEFU", "AE Follow-up", "不良事件随访", "SV! CM", category="Follow-Up", expected=False),
    Event("SE.RETRIEVAL", "Retrieval", "召回访视", "SV! VS CM LBCH LBHE LBUR QSCO QSDA QSGI QSNI DS", category="Follow-Up", expected=False),
    Event("SE.RASHFU", "Rash Follow-up", "皮疹随访", "SV!", category="Follow-Up", expected=False),
    Event("SE.UNSCHEDULED", "Unscheduled", "计划外访视", "SV! VS LBCH LBHE LBUR DS", kind="Unscheduled", repeating=True),
    Event("SE.AE", "Adverse Events", "不良事件", "AE", kind="Common"),
    Event("SE.STUDYREC", "Study Records", "研究记录", "SE RR", kind="Common"),
]

UNITS = [
    ("MU.IN", "inch", "in", "英寸"), ("MU.LB", "pound", "LB", "磅"), ("MU.F", "degree Fahrenheit", "F", "华氏度"),
    ("MU.MMHG", "millimetre of mercury", "mmHg", "毫米汞柱"), ("MU.BPM", "beats per minute", "beats/min", "次/分"),
    ("MU.YEARS", "years", "years", "岁（年）"), ("MU.S", "second", "sec", "秒"),
]

# True means: the item is not collected (ODM 1.3.2, CollectionExceptionCondition).
CONDITIONS = [
    ("CC.RACEOTH", "Race is not Other", "种族不是“其他”", "missing(RACE) || RACE != \"OTHER\""),
    ("CC.NOTEMP", "No temperature was taken", "未测量体温", "missing(TEMP)"),
    ("CC.NOTPT", "The row is not a timed blood pressure", "该行不是定时血压", "missing(VSTPT)"),
    ("CC.DSOTH", "A disposition is given", "已填写参与者去向", "!missing(DSDECOD)"),
    *[(f"CC.NPI{n:02}", f"{en}: absent or not applicable", f"{zh}：无或不适用", f"!missing(NPITM{n:02}) && NPITM{n:02} != \"PRESENT\"")
      for n, (en, zh) in enumerate(NPI, 1)],
]


def npi_score(number):
    code = f"NPITM{number}"
    return (f"MT.{code}S", f"{code} score", f"{code}得分",
            f'(missing({code}) || {code} == "PRESENT") ? {code}F * {code}V : ({code} == "ABSENT" ? 0 : null)')


ADAS11 = [f"ACITM{n:02}" for n in (1, 2, 4, 5, 6, 7, 8, 11, 12, 13, 14)]
TWO_POINTS = (1, 3, 10, 12, 13)

# A method that touches a missing value gives no value; so does null.
METHODS = [
    ("MT.ACTOT", "Sum of the eleven ADAS-Cog tasks", "ADAS-Cog十一项之和", "total([" + ", ".join(ADAS11) + "])"),
    ("MT.MMTOT", "Sum of the MMSE sections", "MMSE各部分之和", " + ".join(f"MMITM{n:02}" for n in range(1, 7))),
    ("MT.HITOT", "Weighted sum of the Hachinski features", "Hachinski特征加权和",
     " + ".join(f'(MHITM{n:02} == "PRESENT" ? {2 if n in TWO_POINTS else 1} : 0)' for n in range(1, 14))),
    *[npi_score(n) for n in NPI_SCORED],
    ("MT.NPTOT", "Sum of the nine scored NPI-X domains", "NPI-X九个计分领域之和", " + ".join(f"NPITM{n}S" for n in NPI_SCORED)),
]

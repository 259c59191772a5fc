"""Questionnaires: one item per published question code; the English label is the published QSTEST.

The published labels are cut at 40 characters and are not the wording of the copyrighted instruments.
"""

from crf.model import Form, Group, Item as I

ADAS = [  # code, label, Chinese, highest score
    ("ACITM01", "WORD RECALL TASK", "单词回忆", 10), ("ACITM02", "NAMING OBJECTS AND FINGERS (REFER TO 5 C", "物品与手指命名", 5),
    ("ACITM03", "DELAYED WORD RECALL", "单词延迟回忆", 10), ("ACITM04", "COMMANDS", "执行指令", 5),
    ("ACITM05", "CONSTRUCTIONAL PRAXIS", "结构性运用", 5), ("ACITM06", "IDEATIONAL PRAXIS", "意念性运用", 5),
    ("ACITM07", "ORIENTATION", "定向力", 8), ("ACITM08", "WORD RECOGNITION", "单词辨认", 12),
    ("ACITM09", "ATTENTION/VISUAL SEARCH TASK", "注意与视觉搜索", 40), ("ACITM10", "MAZE SOLUTION", "迷宫任务用时", 240),
    ("ACITM11", "SPOKEN LANGUAGE ABILITY", "口语表达能力", 5), ("ACITM12", "COMPREHENSION OF SPOKEN LANGUAGE", "口语理解", 5),
    ("ACITM13", "WORD FINDING DIFFICULTY IN SPONTANEOUS S", "自发言语找词困难", 5), ("ACITM14", "RECALL OF TEST INSTRUCTIONS", "回忆测验指令", 5),
]
DAD = [
    "UNDERTAKE TO WASH HIMSELF/HERSELF|主动洗漱", "UNDERTAKE TO BRUSH HIS/HER TEETH|主动刷牙", "DECIDE TO CARE FOR HIS/HER HAIR|决定打理头发",
    "PREPARE FOR WASHING, TAKING A BATH|准备洗澡用品", "WASH AND DRY COMPLETELY SAFELY|安全地洗净并擦干", "BRUSH HIS/HER TEETH|刷牙", "CARE FOR HIS/HER HAIR|打理头发",
    "UNDERTAKE TO DRESS HIMSELF/HERSELF|主动穿衣", "CHOOSE APPROPRIATE CLOTHING|选择合适的衣服", "DRESS HIMSELF/HERSELF|穿衣",
    "DRESS HIMSELF/HERSELF COMPLETELY|完整穿好衣服", "UNDRESS HIMSELF/HERSELF COMPLETELY|完整脱下衣服",
    "DECIDE TO USE THE TOILET AT APPROPRIATE|在适当时间决定如厕", "USE THE TOILET WITHOUT \"ACCIDENTS\"|如厕无失禁",
    "DECIDE THAT HE/SHE NEEDS TO EAT|决定需要进食", "CHOOSE APPROPRIATE UTENSILS|选择合适的餐具", "EAT HIS/HER MEALS AT A NORMAL PACE|以正常速度进餐",
    "UNDERTAKE TO PREPARE A LIGHT MEAL|主动准备简餐", "ADEQUATELY PLAN A LIGHT MEAL OR SNACK|恰当计划简餐或点心", "PREPARE OR COOK A LIGHT MEAL OR A SNACK|制作简餐或点心",
    "ATTEMPT TO TELEPHONE SOMEONE|尝试打电话", "FIND AND DIAL A TELEPHONE NUMBER CORRECT|查找并正确拨打电话", "CARRY OUT A TELEPHONE CONVERSATION|进行电话交谈",
    "WRITE AND CONVEY A TELEPHONE MESSAGE|记录并转达电话留言", "UNDERTAKE TO GO OUT|主动外出", "ADEQUATELY ORGANIZE AN OUTING|恰当安排外出",
    "GO OUT AND REACH A FAMILIAR DESTINATION|外出到达熟悉的地点", "SAFELY TAKE CAR, BUS, TAXI|安全乘坐汽车、公交或出租车", "RETURN FROM THE STORE|从商店返回",
    "INTEREST IN HIS/HER PERSONAL AFFAIRS|关心个人事务", "PAY HIS/HER BILLS|支付账单", "ORGANIZE HIS/HER CORRESPONDENCE|整理信件",
    "HANDLE ADEQUATELY HIS/HER MONEY|恰当管理钱财", "DECIDE TO TAKE HIS/HER MEDICATIONS|决定服药", "TAKE HIS/HER MEDICATIONS AS PRESCRIBED|按医嘱服药",
    "SHOW AN INTEREST IN LEISURE ACTIVITY|对休闲活动有兴趣", "TAKE AN INTEREST IN HOUSEHOLD CHORES|对家务有兴趣",
    "PLAN AND ORGANIZE HOUSEHOLD CHORES|计划和安排家务", "COMPLETE HOUSEHOLD CHORES|完成家务", "STAY SAFELY AT HOME BY HIMSELF/HERSELF|独自安全在家",
]
HACHINSKI = [
    "ABRUPT ONSET|突然起病", "STEPWISE DETERIORATION|阶梯式恶化", "FLUCTUATING COURSE|波动性病程", "NOCTURNAL CONFUSION|夜间意识模糊",
    "RELATIVE PRESERVATION OF PERSONALITY|人格相对保留", "DEPRESSION|抑郁", "SOMATIC COMPLAINTS|躯体不适", "EMOTIONAL INCONTINENCE|情感失禁",
    "HISTORY OF HYPERTENSION|高血压病史", "HISTORY OF STROKES|卒中病史", "EVIDENCE OF ASSOCIATED ATHEROSCLEROSIS|动脉粥样硬化证据",
    "FOCAL NEUROLOGICAL SYMPTOMS|局灶性神经症状", "FOCAL NEUROLOGICAL SIGNS|局灶性神经体征",
]
MMSE = [
    ("WHAT IS THE (YEAR) (SEASON) (DATE) ?", "时间定向", 5), ("WHERE ARE WE: (STATE) (COUNTRY) (TOWN) ?", "地点定向", 5),
    ("NAME 3 OBJECTS: 1 SECOND TO SAY EACH.", "即刻记忆三件物品", 3), ("SERIAL 7'S. 1 POINT FOR EACH CORRECT.", "连续减7", 5),
    ("ASK FOR THE 3 OBJECTS REPEATED ABOVE.", "回忆三件物品", 3), ("NAME A PENCIL, AND WATCH (2 POINTS)", "语言（命名等）", 9),
]
NPI = [
    ("DELUSIONS", "妄想"), ("HALLUCINATIONS", "幻觉"), ("AGITATION/AGRESSION", "激越/攻击"), ("DEPRESSION/DYSPHORIA", "抑郁/心境恶劣"),
    ("ANXIETY", "焦虑"), ("EUPHORIA/ELATION", "欣快"), ("APATHY/INDIFFERENCE", "淡漠"), ("DISINHIBITION", "脱抑制"),
    ("IRRITABILITY/LABILITY", "易激惹/情绪不稳"), ("ABERRANT MOTOR BEHAVIOR", "异常运动行为"), ("NIGHT-TIME BEHAVIOR", "夜间行为"),
    ("APPETITE/EATING CHANGE", "食欲/进食改变"),
]
NPI_SCORED = ("01", "02", "03", "04", "05", "07", "08", "09", "10")
"""The nine domains of NPI-X whose score counts in the published total."""


def when(name):
    return I(name, "date", "Date of assessment", "评估日期", req=True, sdtm="QS.QSDTC")


def adas_item(code, en, zh, top):
    kind = {"ACITM01": "dec:5.2", "ACITM10": "dec:5.1"}.get(code, "int:3")
    unit = "MU.S" if code == "ACITM10" else None
    return I(code, kind, en, zh, unit=unit, hard=(0, top), req=True, sdtm="QS.QSORRES")


def npi_domain(number, en, zh):
    code, skip = f"NPITM{number}", f"CC.NPI{number}"
    yield I(code, "text:14", f"{en} PRESENT", f"{zh}：是否存在", cl="CL.NPIPRES", sdtm="QS.QSORRES")
    yield I(code + "F", "int:1", f"{en} FREQUENCY", f"{zh}：频率", cl="CL.NPIFREQ", skip=skip, sdtm="QS.QSORRES")
    yield I(code + "V", "int:1", f"{en} SEVERITY", f"{zh}：严重程度", cl="CL.NPISEV", skip=skip, sdtm="QS.QSORRES")
    yield I(code + "D", "int:1", f"{en} DISTRESS", f"{zh}：照料者苦恼", cl="CL.NPIDIST", skip=skip, sdtm="QS.QSORRES")
    if number in NPI_SCORED:
        yield I(code + "S", "int:2", f"{en} Score", f"{zh}：得分", method=f"MT.{code}S", origin="Derived", sdtm="QS.QSSTRESN")


def form(oid, en, zh, items):
    return Form(f"F.{oid}", en, zh, [Group(f"IG.{oid}", en, zh, items, domain="QS")])


QSCO = form("QSCO", "ADAS-Cog", "阿尔茨海默病评定量表-认知部分（ADAS-Cog）", [
    when("QSCODAT"), *[adas_item(*row) for row in ADAS],
    I("ACTOT", "dec:5.2", "ADAS-COG(11) Subscore", "ADAS-Cog（11项）总分", method="MT.ACTOT", origin="Derived", sdtm="QS.QSSTRESN"),
])
QSDA = form("QSDA", "Disability Assessment for Dementia (DAD)", "痴呆残疾评估（DAD）", [
    when("QSDADAT"),
    *[I(f"DAITM{n:02}", "text:2", *text.split("|"), cl="CL.DAD", req=True, sdtm="QS.QSORRES") for n, text in enumerate(DAD, 1)],
])
QSGI = form("QSGI", "CIBIC+", "临床总体印象变化（CIBIC+）", [
    when("QSGIDAT"),
    I("CIBIC", "text:25", "EXTENT OF CHANGE, IF ANY, SINCE BASELINE", "与基线相比的变化程度", cl="CL.CIBIC", req=True, sdtm="QS.QSORRES"),
])
QSHI = form("QSHI", "Modified Hachinski Ischemic Scale", "改良Hachinski缺血量表", [
    when("QSHIDAT"),
    *[I(f"MHITM{n:02}", "text:7", *text.split("|"), cl="CL.PRESENT", req=True, sdtm="QS.QSORRES") for n, text in enumerate(HACHINSKI, 1)],
    I("HITOT", "int:2", "Modified Hachinski total", "改良Hachinski总分", method="MT.HITOT", origin="Derived"),
])
QSMM = form("QSMM", "Mini-Mental State Examination (MMSE)", "简易精神状态检查（MMSE）", [
    when("QSMMDAT"),
    *[I(f"MMITM{n:02}", "int:1", en, zh, hard=(0, top), req=True, sdtm="QS.QSORRES") for n, (en, zh, top) in enumerate(MMSE, 1)],
    I("MMTOT", "int:2", "MMSE total", "MMSE总分", method="MT.MMTOT", origin="Derived"),
])
QSNI = form("QSNI", "Neuropsychiatric Inventory (NPI-X)", "神经精神量表（NPI-X）", [
    when("QSNIDAT"),
    *[item for n, (en, zh) in enumerate(NPI, 1) for item in npi_domain(f"{n:02}", en, zh)],
    I("NPTOT", "int:3", "NPI-X (9) Total Score", "NPI-X（9项）总分", method="MT.NPTOT", origin="Derived", sdtm="QS.QSSTRESN"),
])

FORMS = [QSHI, QSMM, QSCO, QSDA, QSGI, QSNI]

"""Forms after the annotated case report forms, and after SDTM where no raw data were published."""

from crf.eligibility import CRITERIA
from crf.model import Form, Group, Item as I

SV = Form("F.SV", "Visit date", "访视日期", [Group("IG.SV", "Visit", "访视", [
    I("VISDAT", "date", "Start date of visit", "访视开始日期", req=True, sdtm="SV.SVSTDTC"),
    I("VISENDAT", "date", "End date of visit", "访视结束日期", sdtm="SV.SVENDTC"),
    I("VISREAS", "text:60", "Reason for an unplanned visit", "计划外访视原因", cl="CL.SVREAS", sdtm="SV.SVUPDES"),
], domain="SV")])

DM = Form("F.DM", "Demographics", "人口学资料", [
    Group("IG.DM", "Demographics", "人口学资料", [
        I("BRTHDAT", "pdate", "What is the subject's date of birth?", "参与者的出生日期", sdtm="DM.BRTHDTC", raw="IT.BRTHDAT"),
        I("AGE", "int:3", "What is the subject's age?", "参与者的年龄", unit="MU.YEARS", req=True, soft=(50, None), hard=(18, 120), sdtm="DM.AGE", raw="IT.AGE"),
        I("SEX", "text:20", "What is the sex of the subject?", "参与者的性别", cl="CL.SEX", req=True, sdtm="DM.SEX", raw="IT.SEX"),
        I("ETHNIC", "text:25", "Do you consider yourself Hispanic/Latino or not Hispanic/Latino?", "您认为自己是否属于西班牙裔/拉丁裔？", cl="CL.ETHNIC", req=True, sdtm="DM.ETHNIC", raw="IT.ETHNIC"),
        I("RACE", "text:45", "Which of the following racial designations best describes you?", "下列哪一种族最符合您的情况？", cl="CL.RACE", req=True, sdtm="DM.RACE", raw="IT.RACE"),
        I("RACEOTH", "text:60", "Other race, specify", "其他种族，请说明", skip="CC.RACEOTH", sdtm="SUPPDM.RACEOTH", raw="IT.RACEOTH"),
        I("COUNTRY", "text:3", "What country are you located in?", "所在国家", cl="CL.COUNTRY", req=True, sdtm="DM.COUNTRY", raw="COUNTRY"),
        I("DMDAT", "date", "Date of collection", "采集日期", req=True, sdtm="DM.DMDTC", raw="COL_DT"),
    ], domain="DM"),
    Group("IG.IC", "Informed consent", "知情同意", [
        I("ICDAT", "date", "Date of informed consent", "签署知情同意书日期", req=True, sdtm="DM.RFICDTC", raw="IC_DT"),
    ], domain="DM"),
    Group("IG.ARM", "Arm", "治疗组", [
        I("ARMCD", "text:8", "Description of planned arm", "计划治疗组", cl="CL.ARM", sdtm="DM.ARMCD", raw="PLANNED_ARM", origin="Assigned"),
        I("ACTARMCD", "text:8", "Description of actual arm", "实际治疗组", cl="CL.ARM", sdtm="DM.ACTARMCD", raw="ACTUAL_ARM", origin="Assigned"),
    ], domain="DM", req=False),
])

VS = Form("F.VS", "Vital signs", "生命体征", [Group("IG.VS", "Vital signs", "生命体征", [
    I("VSDAT", "date", "Date of vital signs", "生命体征测量日期", req=True, sdtm="VS.VSDTC", raw="VTLD"),
    I("HEIGHT", "dec:5.1", "Height", "身高", unit="MU.IN", sdtm="VS.VSORRES", raw="IT.HEIGHT_VSORRES"),
    I("WEIGHT", "dec:5.1", "Weight", "体重", unit="MU.LB", sdtm="VS.VSORRES", raw="IT.WEIGHT"),
    I("TEMP", "dec:5.1", "Temperature", "体温", unit="MU.F", sdtm="VS.VSORRES", raw="IT.TEMP"),
    I("TEMPLOC", "text:15", "Temperature location", "体温测量部位", cl="CL.TEMPLOC", skip="CC.NOTEMP", sdtm="VS.VSLOC", raw="IT.TEMP_LOC"),
    I("VSTPT", "text:40", "Time point", "测量时点", cl="CL.VSTPT", sdtm="VS.VSTPT", raw="TMPTC"),
    I("SYSBP", "int:3", "Systolic blood pressure", "收缩压", unit="MU.MMHG", soft=(80, 200), hard=(30, 350), sdtm="VS.VSORRES", raw="SYS_BP"),
    I("DIABP", "int:3", "Diastolic blood pressure", "舒张压", unit="MU.MMHG", soft=(40, 115), hard=(10, 250), sdtm="VS.VSORRES", raw="DIA_BP"),
    I("PULSE", "int:3", "Pulse", "脉搏", unit="MU.BPM", soft=(45, 120), hard=(20, 300), sdtm="VS.VSORRES", raw="PULSE"),
    I("VSPOS", "text:10", "Position", "体位", cl="CL.VSPOS", skip="CC.NOTPT", sdtm="VS.VSPOS", raw="SUBPOS"),
], repeating=True, domain="VS")])

AE = Form("F.AE", "Adverse event", "不良事件", [
    Group("IG.AE", "Adverse event", "不良事件", [
        I("AETERM", "text:200", "What is the adverse event term?", "不良事件名称", req=True, sdtm="AE.AETERM", raw="IT.AETERM"),
        I("AESTDAT", "pdate", "Start date", "开始日期", req=True, sdtm="AE.AESTDTC", raw="IT.AESTDAT"),
        I("AEENDAT", "pdate", "End date", "结束日期", sdtm="AE.AEENDTC", raw="IT.AEENDAT"),
        I("AESEV", "text:10", "Severity", "严重程度", cl="CL.AESEV", req=True, sdtm="AE.AESEV", raw="IT.AESEV"),
        I("AESER", "text:1", "Was the adverse event serious?", "是否为严重不良事件？", cl="CL.NY", req=True, sdtm="AE.AESER", raw="IT.AESER"),
        I("AESDTH", "text:1", "Did the adverse event result in death?", "是否导致死亡？", cl="CL.NY", sdtm="AE.AESDTH", raw="IT.AESDTH"),
        I("AESLIFE", "text:1", "Was the event life threatening?", "是否危及生命？", cl="CL.NY", sdtm="AE.AESLIFE", raw="IT.AESLIFE"),
        I("AESCAN", "text:1", "Does the event involve cancer?", "是否涉及恶性肿瘤？", cl="CL.NY", sdtm="AE.AESCAN", raw="AESCAN"),
        I("AESCONG", "text:1", "Was the adverse event associated with a congenital anomaly or birth defect?", "是否与先天性异常或出生缺陷有关？", cl="CL.NY", sdtm="AE.AESCONG", raw="AESCNO"),
        I("AESDISAB", "text:1", "Did the adverse event result in disability or permanent damage?", "是否导致残疾或永久性损害？", cl="CL.NY", sdtm="AE.AESDISAB", raw="AEDIS"),
        I("AESHOSP", "text:1", "Did the adverse event result in initial or prolonged hospitalization?", "是否导致住院或住院时间延长？", cl="CL.NY", sdtm="AE.AESHOSP", raw="IT.AESHOSP"),
        I("AESOD", "text:1", "Did the adverse event occur with overdose?", "是否因用药过量发生？", cl="CL.NY", sdtm="AE.AESOD", raw="AESOD"),
        I("AEREL", "text:10", "Is the adverse event related to study treatment?", "与试验用药的关系", cl="CL.AEREL", req=True, sdtm="AE.AEREL", raw="IT.AEREL"),
        I("AEACN", "text:20", "Action taken with study treatment", "对试验用药采取的措施", cl="CL.AEACN", sdtm="AE.AEACN", raw="IT.AEACN"),
        I("AEOUT", "text:30", "Outcome of the adverse event", "不良事件的转归", cl="CL.AEOUT", req=True, sdtm="AE.AEOUT", raw="AEOUTCOME"),
        I("AEDAT", "date", "Collection date", "采集日期", req=True, sdtm="AE.AEDTC", raw="AEDTCOL"),
    ], domain="AE"),
    Group("IG.AECODE", "Coding", "医学编码", [
        I("AELLT", "text:100", "Lowest level term", "低位语", origin="Assigned", sdtm="AE.AELLT", raw="AELLT"),
        I("AELLTCD", "int:8", "Lowest level term code", "低位语编码", origin="Assigned", sdtm="AE.AELLTCD", raw="AELLTCD"),
        I("AEDECOD", "text:100", "Preferred term", "首选语", origin="Assigned", sdtm="AE.AEDECOD", raw="AEDECOD"),
        I("AEPTCD", "int:8", "Preferred term code", "首选语编码", origin="Assigned", sdtm="AE.AEPTCD", raw="AEPTCD"),
        I("AEHLT", "text:100", "High level term", "高位语", origin="Assigned", sdtm="AE.AEHLT", raw="AEHLT"),
        I("AEHLTCD", "int:8", "High level term code", "高位语编码", origin="Assigned", sdtm="AE.AEHLTCD", raw="AEHLTCD"),
        I("AEHLGT", "text:100", "High level group term", "高位组语", origin="Assigned", sdtm="AE.AEHLGT", raw="AEHLGT"),
        I("AEHLGTCD", "int:8", "High level group term code", "高位组语编码", origin="Assigned", sdtm="AE.AEHLGTCD", raw="AEHLGTCD"),
        I("AEBODSYS", "text:100", "Body system or organ class", "身体系统或器官分类", origin="Assigned", sdtm="AE.AEBODSYS", raw="AEBODSYS"),
        I("AEBDSYCD", "int:8", "Body system or organ class code", "身体系统或器官分类编码", origin="Assigned", sdtm="AE.AEBDSYCD", raw="AEBDSYCD"),
        I("AESOC", "text:100", "Primary system organ class", "主要系统器官分类", origin="Assigned", sdtm="AE.AESOC", raw="AESOC"),
        I("AESOCCD", "int:8", "Primary system organ class code", "主要系统器官分类编码", origin="Assigned", sdtm="AE.AESOCCD", raw="AESOCCD"),
    ], domain="AE", req=False),
], repeating=True)

EC = Form("F.EC", "Exposure as collected", "试验用药暴露", [Group("IG.EC", "Exposure", "用药暴露", [
    I("ECREFID", "text:20", "Study treatment label identifier", "试验用药标签编号", sdtm="EC.ECREFID", raw="IT.ECREFID"),
    I("ECTRT", "text:20", "Drug administered", "所用药物", cl="CL.ECTRT", req=True, sdtm="EC.ECTRT", raw="DRUGAD"),
    I("ECSTDAT", "date", "Start date", "开始日期", req=True, sdtm="EC.ECSTDTC", raw="IT.ECSTDAT"),
    I("ECENDAT", "date", "End date", "结束日期", req=True, sdtm="EC.ECENDTC", raw="IT.ECENDAT"),
    I("ECDOSE", "dec:6.1", "Dose", "剂量", req=True, soft=(0, 81), sdtm="EC.ECDOSE", raw="IT.ECDSTXT"),
    I("ECDOSU", "text:10", "Dose units", "剂量单位", cl="CL.ECDOSU", req=True, sdtm="EC.ECDOSU", raw="IT.ECDOSU"),
    I("ECDOSFRM", "text:10", "Dose form", "剂型", cl="CL.ECDOSFRM", req=True, sdtm="EC.ECDOSFRM", raw="DOSFM"),
    I("ECDOSFRQ", "text:10", "Frequency", "给药频率", cl="CL.ECDOSFRQ", req=True, sdtm="EC.ECDOSFRQ", raw="DOSFRQ"),
    I("ECROUTE", "text:20", "Route", "给药途径", cl="CL.ECROUTE", req=True, sdtm="EC.ECROUTE", raw="IT.ECROUTE"),
], domain="EC")])

DS = Form("F.DS", "Subject disposition", "参与者去向", [
    Group("IG.DS", "Disposition", "参与者去向", [
        I("DSSTDAT", "date", "Date of completion or discontinuation", "完成或中止日期", req=True, sdtm="DS.DSSTDTC", raw="IT.DSSTDAT"),
        I("DSDECOD", "text:35", "Completed, or reason for discontinuation", "完成，或中止原因", cl="CL.DSDECOD", sdtm="DS.DSDECOD", raw="IT.DSDECOD"),
        I("DSTERM", "text:100", "Reason as reported", "报告的原因", sdtm="DS.DSTERM", raw="IT.DSTERM"),
        I("DSOTH", "text:25", "Other, specify", "其他，请说明", cl="CL.DSOTH", skip="CC.DSOTH", sdtm="DS.DSTERM", raw="OTHERSP"),
        I("DSDAT", "date", "Date of collection", "采集日期", req=True, sdtm="DS.DSDTC", raw="DSDTCOL"),
        I("DSTIM", "ptime", "Time of collection", "采集时间", sdtm="DS.DSDTC", raw="DSTMCOL"),
        I("DTHDAT", "date", "Subject's death date", "参与者死亡日期", sdtm="DM.DTHDTC", raw="DEATHDT"),
    ], repeating=True, domain="DS"),
    Group("IG.DSCRIT", "Entry criterion not met", "未满足的入排标准", [
        I("ENTCRIT", "text:3", "Protocol entry criterion not met (number)", "未满足的入排标准编号", sdtm="SUPPDS.ENTCRIT"),
    ], domain="DS", req=False),
])

IE = Form("F.IE", "Inclusion and exclusion criteria", "入选与排除标准", [Group("IG.IE", "Criteria", "入排标准", [
    I("IEDAT", "date", "Date of assessment", "评估日期", sdtm="IE.IEDTC"),
    *[I(code, "text:1", en, zh, cl="CL.NY", sdtm="IE.IEORRES") for code, en, zh in CRITERIA],
], domain="IE")])

MH = Form("F.MH", "Medical history", "病史", [Group("IG.MH", "Medical history", "病史", [
    I("MHSPID", "text:5", "Line on the form", "表格行号", sdtm="MH.MHSPID"),
    I("MHCAT", "text:40", "Category", "类别", cl="CL.MHCAT", req=True, sdtm="MH.MHCAT"),
    I("MHTERM", "text:200", "Condition or procedure", "疾病或手术", req=True, sdtm="MH.MHTERM"),
    I("MHSTDAT", "pdate", "Start date", "开始日期", sdtm="MH.MHSTDTC"),
    I("MHSEV", "text:10", "Severity", "严重程度", cl="CL.MHSEV", sdtm="MH.MHSEV"),
    I("MHDAT", "date", "Date of collection", "采集日期", req=True, sdtm="MH.MHDTC"),
    I("MHLLT", "text:100", "Lowest level term", "低位语", origin="Assigned", sdtm="MH.MHLLT"),
    I("MHDECOD", "text:100", "Preferred term", "首选语", origin="Assigned", sdtm="MH.MHDECOD"),
    I("MHHLT", "text:100", "High level term", "高位语", origin="Assigned", sdtm="MH.MHHLT"),
    I("MHHLGT", "text:100", "High level group term", "高位组语", origin="Assigned", sdtm="MH.MHHLGT"),
    I("MHBODSYS", "text:100", "Body system or organ class", "身体系统或器官分类", origin="Assigned", sdtm="MH.MHBODSYS"),
], repeating=True, domain="MH")])

CM = Form("F.CM", "Concomitant medications", "合并用药", [Group("IG.CM", "Concomitant medications", "合并用药", [
    I("CMSPID", "text:5", "Line on the form", "表格行号", sdtm="CM.CMSPID"),
    I("CMTRT", "text:200", "Drug, medication or therapy", "药物、用药或治疗", req=True, sdtm="CM.CMTRT"),
    I("CMINDC", "text:40", "Indication", "适应症", cl="CL.CMINDC", sdtm="CM.CMINDC"),
    I("CMDOSE", "dec:10.4", "Dose per administration", "单次剂量", soft=(0, 2500), sdtm="CM.CMDOSE"),
    I("CMDOSU", "text:10", "Dose unit", "剂量单位", cl="CL.CMDOSU", sdtm="CM.CMDOSU"),
    I("CMDOSFRQ", "text:10", "Frequency", "用药频率", cl="CL.CMDOSFRQ", sdtm="CM.CMDOSFRQ"),
    I("CMROUTE", "text:30", "Route", "给药途径", cl="CL.CMROUTE", sdtm="CM.CMROUTE"),
    I("CMSTDAT", "pdate", "Start date", "开始日期", req=True, sdtm="CM.CMSTDTC"),
    I("CMENDAT", "pdate", "End date", "结束日期", sdtm="CM.CMENDTC"),
    I("CMDAT", "date", "Date of collection", "采集日期", req=True, sdtm="CM.CMDTC"),
    I("CMDECOD", "text:100", "Standardized medication name", "标准药名", origin="Assigned", sdtm="CM.CMDECOD"),
    I("CMCLAS", "text:100", "Medication class", "药物类别", origin="Assigned", sdtm="CM.CMCLAS"),
], repeating=True, domain="CM")])

SC = Form("F.SC", "Subject characteristics", "参与者特征", [Group("IG.SC", "Education", "教育", [
    I("EDULEVEL", "int:2", "Level of education attained", "受教育年限", unit="MU.YEARS", soft=(0, 24), sdtm="SC.SCORRES"),
    I("SCDAT", "date", "Date of collection", "采集日期", req=True, sdtm="SC.SCDTC"),
], domain="SC")])

SE = Form("F.SE", "Subject elements", "参与者研究阶段", [Group("IG.SE", "Element", "研究单元", [
    I("ETCD", "text:8", "Element", "研究单元", cl="CL.ELEMENT", req=True, origin="Assigned", sdtm="SE.ETCD"),
    I("SEUPDES", "text:40", "Description of an unplanned element", "计划外单元说明", origin="Assigned", sdtm="SE.SEUPDES"),
    I("SESTDAT", "date", "Start date", "开始日期", req=True, origin="Assigned", sdtm="SE.SESTDTC"),
    I("SEENDAT", "date", "End date", "结束日期", origin="Assigned", sdtm="SE.SEENDTC"),
], repeating=True, domain="SE")])

RR = Form("F.RR", "Related records", "关联记录", [Group("IG.RR", "Related records", "关联记录", [
    I("RELID", "text:20", "Relationship identifier", "关联编号", req=True, origin="Assigned", sdtm="RELREC.RELID"),
    I("RELDOM", "text:2", "Domain of the record", "记录所属域", cl="CL.RELDOM", req=True, origin="Assigned", sdtm="RELREC.RDOMAIN"),
    I("RELVAR", "text:8", "Identifying variable", "标识变量", req=True, origin="Assigned", sdtm="RELREC.IDVAR"),
    I("RELVAL", "int:3", "Identifying value", "标识值", req=True, origin="Assigned", sdtm="RELREC.IDVARVAL"),
], repeating=True, domain="RELREC")])

FORMS = [SV, DM, IE, MH, SC, VS, CM, EC, DS, AE, SE, RR]

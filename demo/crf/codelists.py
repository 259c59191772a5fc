"""Code lists: coded value (CDISC submission value where there is one), English, Chinese.

The English decode of a value that occurs in the raw data is spelled exactly as the raw data spell it.
"""

from crf.model import CodeList

NY = [("N", "No", "否"), ("Y", "Yes", "是")]

CODELISTS = [
    CodeList("CL.NY", "No Yes", NY),
    CodeList("CL.SEX", "Sex", [
        ("F", "Female", "女"), ("M", "Male", "男"), ("U", "Unknown", "未知"),
        ("UNDIFFERENTIATED", "Undifferentiated", "未分化"),
    ]),
    CodeList("CL.ETHNIC", "Ethnicity", [
        ("HISPANIC OR LATINO", "Hispanic or Latino", "西班牙裔或拉丁裔"),
        ("NOT HISPANIC OR LATINO", "Not Hispanic or Latino", "非西班牙裔或拉丁裔"),
        ("NOT REPORTED", "Not Reported", "未报告"), ("UNKNOWN", "Unknown", "未知"),
    ]),
    CodeList("CL.RACE", "Race", [
        ("AMERICAN INDIAN OR ALASKA NATIVE", "American Indian or Alaska Native", "美洲印第安人或阿拉斯加原住民"),
        ("ASIAN", "Asian", "亚裔"), ("BLACK OR AFRICAN AMERICAN", "Black or African American", "黑人或非裔美国人"),
        ("NATIVE HAWAIIAN OR OTHER PACIFIC ISLANDER", "Native Hawaiian or Other Pacific Islander", "夏威夷原住民或其他太平洋岛民"),
        ("WHITE", "White", "白人"), ("NOT REPORTED", "Not Reported", "未报告"),
        ("UNKNOWN", "Unknown", "未知"), ("OTHER", "Other", "其他"),
    ]),
    CodeList("CL.COUNTRY", "Country", [("USA", "United States of America", "美国")]),
    CodeList("CL.ARM", "Arm", [
        ("Pbo", "Placebo", "安慰剂"), ("Xan_Hi", "Xan High", "占诺美林高剂量"),
        ("Xan_Lo", "Xan Low", "占诺美林低剂量"), ("Scrnfail", "Screen Failure", "筛选失败"),
    ]),
    CodeList("CL.TEMPLOC", "Temperature Location", [
        ("AXILLA", "Axilla", "腋下"), ("EAR", "Ear", "耳部"),
        ("FOREHEAD", "Forehead", "额部"), ("ORAL CAVITY", "Oral Cavity", "口腔"),
    ]),
    CodeList("CL.VSTPT", "Vital Signs Time Point", [
        ("AFTER LYING DOWN FOR 5 MINUTES", "after Lying Down for 5 Minutes", "平卧5分钟后"),
        ("AFTER STANDING FOR 1 MINUTE", "after Standing for 1 Minute", "站立1分钟后"),
        ("AFTER STANDING FOR 3 MINUTES", "after Standing for 3 Minutes", "站立3分钟后"),
    ]),
    CodeList("CL.VSPOS", "Position", [
        ("PRONE", "Prone", "俯卧位"), ("SITTING", "Sitting", "坐位"),
        ("STANDING", "Standing", "站立位"), ("SUPINE", "Supine", "仰卧位"),
    ]),
    CodeList("CL.AESEV", "Severity of Adverse Event", [
        ("MILD", "Mild Adverse Event", "轻度"), ("MODERATE", "Moderate Adverse Event", "中度"),
        ("SEVERE", "Severe Adverse Event", "重度"),
    ]),
    CodeList("CL.AEREL", "Relation to Study Treatment", [
        ("PROBABLE", "Probably Related", "很可能有关"), ("POSSIBLE", "Possibly Related", "可能有关"),
        ("REMOTE", "Remote", "可能无关"), ("NONE", "Not Related", "无关"),
    ]),
    CodeList("CL.AEACN", "Action Taken with Study Treatment", [
        ("DOSE INCREASED", "Dose increased", "增加剂量"), ("DOSE NOT CHANGED", "Dose not changed", "剂量不变"),
        ("DOSE RATE REDUCED", "Dose rate reduced", "降低给药速率"), ("DOSE REDUCED", "Dose reduced", "减少剂量"),
        ("DRUG INTERRUPTED", "Drug interrupted", "暂停用药"), ("NOT APPLICABLE", "Not applicable", "不适用"),
        ("UNKNOWN", "Unknown", "未知"),
    ]),
    CodeList("CL.AEOUT", "Outcome of Adverse Event", [
        ("FATAL", "Fatal", "死亡"),
        ("NOT RECOVERED/NOT RESOLVED", "Not Recovered/not Resolved", "未痊愈"),
        ("RECOVERED/RESOLVED", "Recovered/Resolved", "痊愈"),
        ("RECOVERING/RESOLVING", "Recovering/Resolving", "好转中"), ("UNKNOWN", "Unknown", "未知"),
    ]),
    CodeList("CL.ECTRT", "Study Drug", [
        ("XANOMELINE", "XANOMELINE", "占诺美林"), ("PLACEBO", "PLACEBO", "安慰剂"),
    ]),
    CodeList("CL.ECDOSU", "Dose Unit", [
        ("CAPSULE", "Capsule", "粒"), ("g", "Gram", "克"), ("ug", "Microgram", "微克"),
        ("mg", "Milligram", "毫克"), ("TABLET", "Tablet", "片"),
    ]),
    CodeList("CL.ECDOSFRM", "Dose Form", [
        ("PATCH", "patch", "贴剂"), ("PACK", "pack", "包"), ("PACKET", "packet", "小包"),
    ]),
    CodeList("CL.ECDOSFRQ", "Dosing Frequency", [
        ("PRN", "As Needed", "必要时"), ("QD", "Daily", "每日一次"),
        ("QID", "4 times per day", "每日四次"), ("QH", "Every hour", "每小时"),
    ]),
    CodeList("CL.ECROUTE", "Route of Study Drug", [
        ("TRANSDERMAL", "Transdermal", "经皮"), ("ORAL", "Oral", "口服"), ("TOPICAL", "Topical", "局部外用"),
    ]),
    CodeList("CL.DSDECOD", "Disposition", [
        ("RANDOMIZED", "Randomized", "已随机"), ("COMPLETED", "Completed", "完成"),
        ("SCREEN FAILURE", "Screen Failure", "筛选失败"), ("ADVERSE EVENT", "Adverse Event", "不良事件"),
        ("DEATH", "Death", "死亡"), ("LACK OF EFFICACY", "Lack of Efficacy", "疗效不佳"),
        ("LOST TO FOLLOW-UP", "Lost to Follow-Up", "失访"),
        ("PHYSICIAN DECISION", "Physician Decision", "医生决定"),
        ("PROTOCOL VIOLATION", "Protocol Violation", "违背方案"),
        ("STUDY TERMINATED BY SPONSOR", "Study Terminated by Sponsor", "申办者终止研究"),
        ("WITHDRAWAL BY SUBJECT", "Withdrawal by Subject", "参与者退出"),
        ("PREGNANCY", "Pregnant Subject", "参与者妊娠"),
        ("NON-COMPLIANCE WITH STUDY DRUG", "Non-compliance with study drug", "试验用药依从性差"),
        ("OTHER", "Other", "其他"),
    ]),
    CodeList("CL.DSOTH", "Other Disposition Milestone", [
        ("FINAL LAB VISIT", "Final Lab Visit", "末次实验室访视"),
        ("FINAL RETRIEVAL VISIT", "Final Retrieval Visit", "末次召回访视"),
    ]),
    CodeList("CL.CMINDC", "Indication", [
        ("PROPHYLAXIS OR NON-THERAPEUTIC USE", "Prophylaxis or non-therapeutic use", "预防或非治疗用途"),
        ("PRIMARY STUDY CONDITION", "Primary study condition", "研究适应症"),
    ]),
    CodeList("CL.CMDOSU", "Medication Dose Unit", [
        ("mg", "mg", "毫克"), ("ng", "ng", "纳克"), ("TABLET", "Tablet", "片"),
    ]),
    CodeList("CL.CMDOSFRQ", "Medication Frequency", [
        ("QD", "Daily", "每日一次"), ("BID", "Twice per day", "每日两次"), ("TID", "3 times per day", "每日三次"),
        ("QID", "4 times per day", "每日四次"), ("QOD", "Every other day", "隔日一次"), ("QM", "Every month", "每月一次"),
        ("Q3H", "Every 3 hours", "每3小时"), ("Q4H", "Every 4 hours", "每4小时"), ("Q6H", "Every 6 hours", "每6小时"),
        ("PRN", "As needed", "必要时"),
    ]),
    CodeList("CL.CMROUTE", "Route of Medication", [
        ("ORAL", "Oral", "口服"), ("TOPICAL", "Topical", "局部外用"), ("OPHTHALMIC", "Ophthalmic", "眼用"),
        ("RESPIRATORY (INHALATION)", "Inhalation", "吸入"), ("INTRAMUSCULAR", "Intramuscular", "肌内注射"),
        ("TRANSDERMAL", "Transdermal", "经皮"), ("SUBCUTANEOUS", "Subcutaneous", "皮下注射"),
        ("NASAL", "Nasal", "经鼻"), ("VAGINAL", "Vaginal", "阴道给药"), ("SUBLINGUAL", "Sublingual", "舌下含服"),
        ("INTRAVENOUS", "Intravenous", "静脉注射"), ("AURICULAR (OTIC)", "Auricular (otic)", "耳用"),
        ("RECTAL", "Rectal", "直肠给药"),
    ]),
    CodeList("CL.MHCAT", "Medical History Category", [
        ("PRIMARY DIAGNOSIS", "Primary diagnosis", "主要诊断"), ("HISTORICAL DIAGNOSIS", "Historical diagnosis", "既往诊断"),
        ("SIGNIFICANT PRE-EXISTING CONDITION", "Significant pre-existing condition", "重要的既有疾病"),
    ]),
    CodeList("CL.MHSEV", "Severity", [("MILD", "Mild", "轻度"), ("MODERATE", "Moderate", "中度"), ("SEVERE", "Severe", "重度")]),
    CodeList("CL.SVREAS", "Reason for Unplanned Visit", [
        ("Unplanned visit to complete unscheduled assessments", "Unplanned visit to complete unscheduled assessments", "为完成计划外检查的访视"),
    ]),
    CodeList("CL.ELEMENT", "Element", [
        ("SCRN", "Screen", "筛选"), ("PBO", "Placebo", "安慰剂"), ("LO", "Low", "低剂量"),
        ("HIS", "High_Start", "高剂量起始"), ("HIM", "High_Middle", "高剂量中期"), ("HIE", "High_End", "高剂量末期"),
        ("FOLO", "Follow_up", "随访"), ("UNPLAN", "Unplanned", "计划外"),
    ]),
    CodeList("CL.RELDOM", "Related Domain", [("AE", "Adverse Events", "不良事件"), ("DS", "Disposition", "受试者分布")]),
    CodeList("CL.PRESENT", "Absent Present", [("ABSENT", "Absent", "无"), ("PRESENT", "Present", "有")]),
    CodeList("CL.NPIPRES", "Behaviour Present", [
        ("ABSENT", "Absent", "无"), ("PRESENT", "Present", "有"), ("NOT APPLICABLE", "Not applicable", "不适用"),
    ]),
    CodeList("CL.NPIFREQ", "Behaviour Frequency", [
        ("1", "Occasionally", "偶尔"), ("2", "Often", "经常"), ("3", "Frequently", "频繁"), ("4", "Very frequently", "非常频繁"),
    ], kind="integer"),
    CodeList("CL.NPISEV", "Behaviour Severity", [("1", "Mild", "轻度"), ("2", "Moderate", "中度"), ("3", "Marked", "重度")], kind="integer"),
    CodeList("CL.NPIDIST", "Caregiver Distress", [
        ("0", "None", "无"), ("1", "Minimal", "极轻"), ("2", "Mild", "轻度"), ("3", "Moderate", "中度"),
        ("4", "Severe", "较重"), ("5", "Very severe", "极重"),
    ], kind="integer"),
    CodeList("CL.DAD", "DAD Answer", [("Y", "Yes", "是"), ("N", "No", "否"), ("NA", "Not applicable", "不适用")]),
    CodeList("CL.CIBIC", "Change since Baseline", [
        ("MARKED IMPROVEMENT", "Marked improvement", "显著改善"), ("MODERATE IMPROVEMENT", "Moderate improvement", "中度改善"),
        ("MINIMAL IMPROVEMENT", "Minimal improvement", "轻微改善"), ("NO CHANGE", "No change", "无变化"),
        ("MINIMAL WORSENING", "Minimal worsening", "轻微恶化"), ("MODERATE WORSENING", "Moderate worsening", "中度恶化"),
        ("MARKED WORSENING", "Marked worsening", "显著恶化"),
    ]),
]

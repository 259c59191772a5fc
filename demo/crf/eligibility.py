"""The 31 entry criteria: short name and English text as published in TI, then Chinese.

An inclusion criterion is met by Yes, an exclusion criterion by No.
"""

CRITERIA = [
    ("INCL01", "Males and postmenopausal females at least 50 years of age.", "年满50岁的男性和绝经后女性。"),
    ("INCL02", "Diagnosis of probable AD as defined by NINCDS and the ADRDA guidelines (Protocol Attachment LZZT.7).", "符合NINCDS-ADRDA标准的很可能阿尔茨海默病诊断（方案附件LZZT.7）。"),
    ("INCL03", "MMSE score of 10 to 23.", "MMSE评分为10至23分。"),
    ("INCL04", "Modified Hachinski Ischemic Scale score of <= 4. (Protocol Attachment LZZT.8).", "改良Hachinski缺血量表评分≤4分（方案附件LZZT.8）。"),
    ("INCL05", "CNS imaging (CT scan or MRI of brain) compatible with AD within past 1 year.", "近1年内中枢神经影像（头颅CT或MRI）符合阿尔茨海默病。"),
    ("INCL06", "Investigator has obtained informed consent signed by the patient (and/or legal representative) and by the caregiver.", "研究者已获得患者（和/或法定代理人）及照料者签署的知情同意书。"),
    ("INCL07", "Geographic proximity to investigator's site that allows adequate follow-up.", "居住地距研究中心较近，可充分随访。"),
    ("INCL08", "Caregiverwill monitor administration of prescribed medications, and will be responsible for the overall care of the patient at home.", "照料者将监督用药，并负责患者在家的整体照护。"),
    ("EXCL09", "Persons who have previously completed or withdrawn from this study or any other investigating xanomeline TTS or the oral formulation of xanomeline.", "曾完成或退出本研究，或任何占诺美林贴剂或口服制剂的研究。"),
    ("EXCL10", "Use of any investigational agent or approved Alzheimer's therapeutic medication within 30 days prior to enrollment into the study.", "入组前30天内使用过任何试验药物或已上市的阿尔茨海默病治疗药物。"),
    ("EXCL11", "Serious illness which required hospitalization within 3 months of screening.", "筛选前3个月内因严重疾病住院。"),
    ("EXCL12", "Diagnosis of serious neurological conditions.", "诊断为严重神经系统疾病。"),
    ("EXCL13", "Episode of depression meeting DSM-IV criteria within 3 months of screening.", "筛选前3个月内有符合DSM-IV标准的抑郁发作。"),
    ("EXCL14", "A history of mental illness within the last 5 years.", "近5年内有精神疾病史。"),
    ("EXCL15", "A history of syncope within the last 5 years.", "近5年内有晕厥史。"),
    ("EXCL16", "Evidence from ECG recording at screening of any listed condition.", "筛选期心电图显示所列任一情况。"),
    ("EXCL17", "A history within the last 5 years of a serious cardiovascular disorder.", "近5年内有严重心血管疾病史。"),
    ("EXCL18", "A history within the last 5 years of a serious gastrointestinal disorder.", "近5年内有严重胃肠道疾病史。"),
    ("EXCL19", "A history within the last 5 years of a serious endocrine disorder.", "近5年内有严重内分泌疾病史。"),
    ("EXCL20", "A history within the last 5 years of a serious respiratory disorder (see list).", "近5年内有严重呼吸系统疾病史（见列表）。"),
    ("EXCL21", "A history within the last 5 years of a serious genitourinary disorder.", "近5年内有严重泌尿生殖系统疾病史。"),
    ("EXCL22", "A history within the last 5 years of a serious rheumatologic disorder.", "近5年内有严重风湿性疾病史。"),
    ("EXCL23", "A known history of human immunodeficiency virus (HIV) within the last 5 years.", "近5年内有已知的人类免疫缺陷病毒（HIV）感染史。"),
    ("EXCL24", "A history within the last 5 years of a serious infectious disease (see list in protocol).", "近5年内有严重感染性疾病史（见方案列表）。"),
    ("EXCL25", "A history within the last 5 years of a primary or recurrent malignant disease (with exceptions, see list in protocol).", "近5年内有原发或复发恶性疾病史（例外情况见方案列表）。"),
    ("EXCL26", "Visual, hearing, or communication disabilities impairing the ability to participate in the study; (for example, inability to speak or understand English, illiteracy).", "视力、听力或沟通障碍影响参加研究的能力（如不会说或听不懂英语、文盲）。"),
    ("EXCL27", "Laboratory test values exceeding the Lilly Reference Range III for the patient's age in any of the following analytes: creatinine, total bilirubin, SGOT, SGPT, etc.", "下列任一指标超出礼来参考范围III（按患者年龄）：肌酐、总胆红素、AST、ALT等。"),
    ("EXCL28", "Central laboratory test values below reference range for folate, and vitamin B12, and outside reference range for thyroid function tests.", "中心实验室叶酸、维生素B12低于参考范围，或甲状腺功能超出参考范围。"),
    ("EXCL29", "Positive syphilis screening with confirmatory testing.", "梅毒筛查阳性并经确证试验证实。"),
    ("EXCL30", "Central laboratory test value above reference range for glycosylated hemoglobin (A1C) (insulin dependent diabetes mellitus patients only).", "中心实验室糖化血红蛋白（A1C）高于参考范围（仅限胰岛素依赖型糖尿病患者）。"),
    ("EXCL31", "Treatment with medications within 1 month prior to enrollment (see list).", "入组前1个月内使用所列药物治疗。"),
]

"""Central laboratory: one repeating group, shared by the forms of the three panels."""

from crf.model import CodeList, Form, Group, Item as I

LB = Group("IG.LB", "Laboratory results", "实验室结果", [
    I("LBTESTCD", "text:8", "Test", "检查项目", cl="CL.LBTEST", req=True, sdtm="LB.LBTESTCD"),
    I("LBCAT", "text:10", "Category", "类别", cl="CL.LBCAT", sdtm="LB.LBCAT"),
    I("LBDTC", "pdatetime", "Date and time of specimen collection", "标本采集日期和时间", req=True, sdtm="LB.LBDTC"),
    I("LBORRES", "text:20", "Result", "结果", req=True, sdtm="LB.LBORRES"),
    I("LBORRESU", "text:10", "Unit", "单位", cl="CL.LBUNIT", sdtm="LB.LBORRESU"),
    I("LBORNRLO", "dec:8.3", "Normal range, lower limit", "参考范围下限", sdtm="LB.LBORNRLO"),
    I("LBORNRHI", "dec:8.3", "Normal range, upper limit", "参考范围上限", sdtm="LB.LBORNRHI"),
    I("LBNRIND", "text:10", "Reference range indicator", "参考范围判断", cl="CL.LBNRIND", sdtm="LB.LBNRIND"),
], repeating=True, domain="LB")

LBCH = Form("F.LBCH", "Laboratory: chemistry", "实验室检查：血生化", [LB])
LBHE = Form("F.LBHE", "Laboratory: haematology", "实验室检查：血液学", [LB])
LBUR = Form("F.LBUR", "Laboratory: urinalysis and other", "实验室检查：尿液及其他", [LB])

FORMS = [LBCH, LBHE, LBUR]

CODELISTS = [
    CodeList("CL.LBTEST", "Laboratory Test", [
        ("ALB", "Albumin", "白蛋白"), ("ALP", "Alkaline Phosphatase", "碱性磷酸酶"),
        ("ALT", "Alanine Aminotransferase", "丙氨酸氨基转移酶"), ("AST", "Aspartate Aminotransferase", "天门冬氨酸氨基转移酶"),
        ("BILI", "Bilirubin", "胆红素"), ("CA", "Calcium", "钙"), ("CHOL", "Cholesterol", "胆固醇"),
        ("CK", "Creatine Kinase", "肌酸激酶"), ("CL", "Chloride", "氯"), ("CREAT", "Creatinine", "肌酐"),
        ("GGT", "Gamma Glutamyl Transferase", "γ-谷氨酰转移酶"), ("GLUC", "Glucose", "葡萄糖"),
        ("K", "Potassium", "钾"), ("PHOS", "Phosphate", "磷酸盐"), ("PROT", "Protein", "总蛋白"),
        ("SODIUM", "Sodium", "钠"), ("URATE", "Urate", "尿酸"), ("UREAN", "Urea Nitrogen", "尿素氮"),
        ("ANISO", "Anisocytes", "红细胞大小不等"), ("BASO", "Basophils", "嗜碱性粒细胞"),
        ("EOS", "Eosinophils", "嗜酸性粒细胞"), ("HBA1C", "Hemoglobin A1C", "糖化血红蛋白"),
        ("HCT", "Hematocrit", "红细胞压积"), ("HGB", "Hemoglobin", "血红蛋白"), ("LYM", "Lymphocytes", "淋巴细胞"),
        ("MACROCY", "Macrocytes", "大红细胞"), ("MCH", "Ery. Mean Corpuscular Hemoglobin", "平均红细胞血红蛋白量"),
        ("MCHC", "Ery. Mean Corpuscular HGB Concentration", "平均红细胞血红蛋白浓度"),
        ("MCV", "Ery. Mean Corpuscular Volume", "平均红细胞体积"), ("MICROCY", "Microcytes", "小红细胞"),
        ("MONO", "Monocytes", "单核细胞"), ("PLAT", "Platelets", "血小板"), ("POIKILO", "Poikilocytes", "异形红细胞"),
        ("POLYCHR", "Polychromasia", "嗜多色性红细胞"), ("RBC", "Erythrocytes", "红细胞"), ("WBC", "Leukocytes", "白细胞"),
        ("COLOR", "Color", "颜色"), ("KETONES", "Ketones", "酮体"), ("PH", "pH", "酸碱度"),
        ("SPGRAV", "Specific Gravity", "比重"), ("TSH", "Thyrotropin", "促甲状腺激素"),
        ("UROBIL", "Urobilinogen", "尿胆原"), ("VITB12", "Vitamin B12", "维生素B12"),
    ]),
    CodeList("CL.LBCAT", "Laboratory Category", [
        ("CHEMISTRY", "Chemistry", "血生化"), ("HEMATOLOGY", "Hematology", "血液学"),
        ("URINALYSIS", "Urinalysis", "尿液检查"), ("OTHER", "Other", "其他"),
    ]),
    CodeList("CL.LBUNIT", "Laboratory Unit", [(u, u, u) for u in (
        "mg/dL", "U/L", "mEq/L", "g/dL", "10^9/L", "10^12/L", "pg", "fL", "%", "ng/L", "mIU/L")]),
    CodeList("CL.LBNRIND", "Reference Range Indicator", [
        ("LOW", "Low", "偏低"), ("NORMAL", "Normal", "正常"), ("HIGH", "High", "偏高"), ("ABNORMAL", "Abnormal", "异常"),
    ]),
]

"""Makes the workbooks beside this file: a form in the design template of LibreClinica 1.0, whose columns are
those of OpenClinica 3.1 and later.

    pip install xlwt==1.3.0 openpyxl==3.1.5 && python make.py
"""

import openpyxl
import xlwt

CRF = [
    ["CRF_NAME*", "VERSION*", "VERSION_DESCRIPTION*", "REVISION_NOTES*"],
    ["Vital Signs", "v1.0", "The first version", "A brand new form"],
]
SECTIONS = [
    ["SECTION_LABEL*", "SECTION_TITLE*", "SUBTITLE", "INSTRUCTIONS", "PAGE_NUMBER"],
    ["VITALS", "Vital <b>signs</b>", "", "Measure after five minutes of rest.", ""],
    ["MEDS", "Medication", "", "", ""],
]
GROUPS = [
    ["GROUP_LABEL*", "GROUP_LAYOUT*", "GROUP_HEADER", "GROUP_REPEAT_NUMBER", "GROUP_REPEAT_MAX", "GROUP_DISPLAY_STATUS"],
    ["BODY", "NON-REPEATING", "", "", "", ""],
    ["DRUGS", "GRID", "Drugs", 3, 10, "SHOW"],
]
COLUMNS = (
    "ITEM_NAME* DESCRIPTION_LABEL* LEFT_ITEM_TEXT UNITS RIGHT_ITEM_TEXT SECTION_LABEL* GROUP_LABEL HEADER SUBHEADER "
    "PARENT_ITEM COLUMN_NUMBER PAGE_NUMBER QUESTION_NUMBER RESPONSE_TYPE* RESPONSE_LABEL RESPONSE_OPTIONS_TEXT "
    "RESPONSE_VALUES_OR_CALCULATIONS RESPONSE_LAYOUT DEFAULT_VALUE DATA_TYPE* WIDTH_DECIMAL VALIDATION "
    "VALIDATION_ERROR_MESSAGE PHI REQUIRED ITEM_DISPLAY_STATUS SIMPLE_CONDITIONAL_DISPLAY"
).split()


def item(name, text, kind, data_type, section="VITALS", group="BODY", **more):
    row = {
        "ITEM_NAME*": name,
        "DESCRIPTION_LABEL*": f"What {name} is",
        "LEFT_ITEM_TEXT": text,
        "RESPONSE_TYPE*": kind,
        "DATA_TYPE*": data_type,
        "SECTION_LABEL*": section,
        "GROUP_LABEL": group,
        "RESPONSE_LABEL": kind,
        **more,
    }
    assert set(row) <= set(COLUMNS), set(row) - set(COLUMNS)
    return [row.get(column, "") for column in COLUMNS]


def choices(label, options, values):
    return {"RESPONSE_LABEL": label, "RESPONSE_OPTIONS_TEXT": options, "RESPONSE_VALUES_OR_CALCULATIONS": values}


def computed(text):
    return {"RESPONSE_VALUES_OR_CALCULATIONS": text}


def checked(text, message):
    return {"VALIDATION": text, "VALIDATION_ERROR_MESSAGE": message}


ITEMS = [
    COLUMNS,
    item("SEX", "Sex", "radio", "ST", **choices("SEX", "Female,Male", "F,M"), REQUIRED=1, RESPONSE_LAYOUT="Horizontal"),
    item("PREG", "Pregnant?", "single-select", "INT", **choices("NY", "No,Yes", "0,1"), ITEM_DISPLAY_STATUS="HIDE",
         SIMPLE_CONDITIONAL_DISPLAY="SEX,F,Only of women"),
    item("WEIGHT", "<b>Weight</b>", "text", "REAL", UNITS="kg", QUESTION_NUMBER="1.1", WIDTH_DECIMAL="5(1)",
         **checked("func: range(30, 250)", "Weight is 30 to 250 kg")),
    item("HEIGHT", "Height", "text", "INT", UNITS="cm", QUESTION_NUMBER="1.2", WIDTH_DECIMAL="3(d)",
         **checked("func: gt(50)", "Height is above 50 cm"), RIGHT_ITEM_TEXT="without shoes"),
    item("BMI", "BMI", "calculation", "REAL", WIDTH_DECIMAL="w(2)",
         **computed("func: (WEIGHT / pow(HEIGHT / 100, 2))")),
    item("CODE", "Device", "text", "ST", HEADER="Device", SUBHEADER="as on its label", PHI=1,
         **checked("regexp: /[A-Z]{3}-[0-9]+/", "Three letters, a hyphen, a number"), WIDTH_DECIMAL="20(d)"),
    item("LOOK", "Look", "text", "ST", **checked("regexp: /(?=a)b/", "Only Java knows this")),
    item("SYMPTOMS", "Symptoms", "checkbox", "ST", **choices("SYM", "None,Pain\\, mild,Pain\\, severe", "0,1,2")),
    item("SCAN", "Report", "file", "FILE", RESPONSE_LABEL="file"),
    item("NY", "Again?", "radio", "INT", **choices("NY", "", ""), DEFAULT_VALUE="0"),
    item("DRUG", "Drug", "text", "ST", "MEDS", "DRUGS", REQUIRED=1),
    item("DOSE", "Dose", "text", "REAL", "MEDS", "DRUGS", UNITS="mg"),
    item("START", "Start", "text", "PDATE", "MEDS", "DRUGS"),
    item("TOTAL", "Total dose", "group-calculation", "REAL", "MEDS", "", **computed("func: (sum (DOSE))")),
    item("SPREAD", "Spread", "group-calculation", "REAL", "MEDS", "", **computed("func: stdev(DOSE)")),
    item("HIDDEN", "Hidden", "text", "ST", "MEDS", "", ITEM_DISPLAY_STATUS="HIDE"),
]
SHEETS = {"CRF": CRF, "Sections": SECTIONS, "Groups": GROUPS, "Items": ITEMS, "Instructions": [["Worksheet", "Field"]]}

old, new = xlwt.Workbook(encoding="utf-8"), openpyxl.Workbook()
new.remove(new.active)
for name, rows in SHEETS.items():
    sheet, page = old.add_sheet(name), new.create_sheet(name)
    for at, row in enumerate(rows):
        page.append([None if cell == "" else cell for cell in row])
        for column, cell in enumerate(row):
            if cell != "":
                sheet.write(at, column, cell)
old.save("vital_signs.xls")
new.save("vital_signs.xlsx")

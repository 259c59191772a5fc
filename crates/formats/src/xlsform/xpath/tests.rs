use super::*;

fn named() -> HashMap<String, Named> {
    let of = |name: &str, of| {
        let reference = Reference::Question(name.to_owned());
        (name.to_owned(), Named { reference, of, repeat: None })
    };
    let kind = |code: &str| {
        let reference = Reference::Choice { question: "kinds".to_owned(), code: code.to_owned() };
        (format!("kinds___{code}"), Named { reference, of: Of::Truth, repeat: None })
    };
    let mut names = HashMap::from([
        of("age", Of::Number),
        of("dose", Of::Number),
        of("sex", Of::Text),
        of("other", Of::Text),
        of("born", Of::Date),
        of("seen", Of::Date),
        of("onset", Of::Unordered),
        of("ok", Of::Truth),
        kind("beer"),
    ]);
    let row = Named { repeat: Some("IG.ROWS".into()), ..names["dose"].clone() };
    names.insert("row_dose".to_owned(), row);
    names
}

fn speaker(names: &HashMap<String, Named>) -> Speaker<'_> {
    Speaker { names, repeat: None, this: Some("age") }
}

#[test]
fn a_rule_is_said_for_what_it_is_true_of() {
    let names = named();
    for (cel, xpath) in [
        ("age >= 18", ". >= 18"),
        ("answered(age) && age >= 18", ". >= 18"),
        ("age != 18", ". != '' and . != 18"),
        ("!(dose > 2.50)", "${dose} <= 2.50"),
        ("sex == \"F\"", "${sex} = 'F'"),
        ("sex == other", "${sex} != '' and ${other} != '' and ${sex} = ${other}"),
        ("sex in [\"F\", \"M\"]", "${sex} = 'F' or ${sex} = 'M'"),
        ("sex == \"it's\"", "${sex} = \"it's\""),
        ("missing(dose) || dose > age", "${dose} = '' or ${dose} > ."),
        (
            "sex == \"F\" ? dose > 1 : true",
            "(${sex} = 'F' and ${dose} > 1) or (${sex} != '' and ${sex} != 'F')",
        ),
        ("ok && kinds___beer", "${ok} = 'true' and selected(${kinds}, 'beer')"),
        ("!coalesce(kinds___beer, false)", "not(selected(${kinds}, 'beer'))"),
        ("age + dose * 2 > 7 / dose", "${dose} != 0 and . + (${dose} * 2) > 7 div ${dose}"),
        ("born < date(\"2000-01-01\")", "${born} < date('2000-01-01')"),
        (
            "days_between(born, seen) >= 0",
            "${born} != '' and ${seen} != '' and \
             round(decimal-date-time(${seen}) - decimal-date-time(${born}), 0) >= 0",
        ),
        ("matches(sex, \"^(?:[FM])$\")", "${sex} != '' and regex(${sex}, '[FM]')"),
        ("starts_with(sex, \"F\")", "starts-with(${sex}, 'F')"),
        ("length(sex) < 3", "${sex} != '' and string-length(${sex}) < 3"),
    ] {
        let said = speaker(&names).truth(cel, Asked::True, &Answers::new());
        let said = said.unwrap_or_else(|why| panic!("{cel}: {}", why.0));
        assert_eq!(said.spelled(), xpath, "{cel}");
    }
}

#[test]
fn what_is_not_evaluated_is_not_false() {
    let names = named();
    let answered = Answers::from([(".".to_owned(), true)]);
    for (cel, xpath) in [
        ("missing(age) || age >= 0 && age <= 120", ". >= 0 and . <= 120"),
        ("age > dose", "${dose} = '' or . > ${dose}"),
        ("dose > 1", "${dose} = '' or ${dose} > 1"),
        ("sex == \"F\" ? age > 1 : true", "${sex} = '' or ${sex} != 'F' or . > 1"),
    ] {
        let said = speaker(&names).truth(cel, Asked::NotFalse, &answered);
        let said = said.unwrap_or_else(|why| panic!("{cel}: {}", why.0));
        assert_eq!(said.spelled(), xpath, "{cel}");
    }
}

#[test]
fn a_blank_answer_can_be_required() {
    let names = named();
    let blank = Answers::from([(".".to_owned(), false)]);
    let said = |cel| speaker(&names).truth(cel, Asked::NotFalse, &blank);
    assert_eq!(said("age >= 18"), Ok(Cond::Yes));
    assert_eq!(said("answered(age)"), Ok(Cond::No));
    let if_female = said("sex != \"F\" || answered(age)").unwrap();
    assert_eq!(if_female.negated().spelled(), "${sex} != '' and not(${sex} != 'F')");
}

#[test]
fn a_derivation_is_blank_where_it_has_no_value() {
    let names = named();
    for (cel, of, xpath) in [
        ("text((dose * 2))", Of::Text, "if(${dose} != '', ${dose} * 2, '')"),
        ("ok ? 1 : null", Of::Number, "if(${ok} = 'true', 1, '')"),
        ("coalesce(dose, 0)", Of::Number, "if(${dose} != '', ${dose}, 0)"),
        ("dose > 1", Of::Truth, "if(${dose} > 1, 'true', if(${dose} <= 1, 'false', ''))"),
    ] {
        let said = speaker(&names).calculation(cel, of);
        assert_eq!(said.unwrap_or_else(|why| panic!("{cel}: {}", why.0)), xpath, "{cel}");
    }
}

#[test]
fn what_has_no_counterpart_says_why() {
    let names = named();
    for (cel, why) in [
        ("previous(\"age\") < age", "previous has no counterpart"),
        ("weight > 3", "weight is on another form"),
        ("row_dose > 3", "no row"),
        ("onset < date(\"2000-01-01\")", "no order"),
        ("born < date(\"2000-01\")", "partial date"),
        ("sex == \"it's \\\"quoted\\\"\"", "quotes"),
        ("[age, dose].all(x, x > 1)", "list"),
        ("age >", "cannot be read"),
    ] {
        let said = speaker(&names).truth(cel, Asked::True, &Answers::new());
        let unsaid = said.expect_err(cel);
        assert!(unsaid.0.contains(why), "{cel}: {}", unsaid.0);
    }
}

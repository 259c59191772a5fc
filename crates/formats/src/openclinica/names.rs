//! OIDs as OpenClinica makes them of names, where no other form has the same beginning.

use std::collections::BTreeSet;

/// How much of the name of a form goes into its OID, and into those of its parts.
const OF_FORM: usize = 12;
const OF_PART: usize = 5;

/// Makes OIDs, each once.
#[derive(Debug)]
pub(super) struct Oids {
    form: String,
    taken: BTreeSet<String>,
}

impl Oids {
    pub fn new(form: &str) -> Self {
        Self { form: form.to_owned(), taken: BTreeSet::new() }
    }

    pub fn form(&mut self) -> String {
        let name = letters(&self.form, OF_FORM);
        self.free("F", &[&name])
    }

    pub fn group(&mut self, label: &str) -> String {
        self.part("IG", label, 26)
    }

    pub fn item(&mut self, name: &str) -> String {
        self.part("I", name, 27)
    }

    pub fn code_list(&mut self, label: &str) -> String {
        self.part("CL", label, 27)
    }

    pub fn unit(&mut self, unit: &str) -> String {
        let unit = letters(unit, 32);
        self.free("MU", &[&unit])
    }

    fn part(&mut self, kind: &str, name: &str, most: usize) -> String {
        let (form, name) = (letters(&self.form, OF_PART), letters(name, most));
        self.free(kind, &[&form, &name])
    }

    /// The OID, or with a number behind it if it is taken. OpenClinica takes a number at random.
    fn free(&mut self, kind: &str, parts: &[&str]) -> String {
        let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
        let whole = if parts.is_empty() {
            format!("{kind}_X")
        } else {
            format!("{kind}_{}", parts.join("_"))
        };
        let mut free = whole.clone();
        let mut number = 2_u32;
        while !self.taken.insert(free.clone()) {
            free = format!("{whole}_{number}");
            number += 1;
        }
        free
    }
}

/// Letters, digits and underscores, in capitals, cut off.
fn letters(text: &str, most: usize) -> String {
    let plain = text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_');
    plain.map(|c| c.to_ascii_uppercase()).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oids_are_those_of_openclinica() {
        let mut oids = Oids::new("Vital Signs (v2)");
        assert_eq!(oids.form(), "F_VITALSIGNSV2");
        assert_eq!(oids.item("Sys BP"), "I_VITAL_SYSBP");
        assert_eq!(oids.group("Ungrouped"), "IG_VITAL_UNGROUPED");
        assert_eq!(oids.item("sys-bp"), "I_VITAL_SYSBP_2");
        assert_eq!(oids.unit("kg/m2"), "MU_KGM2");
        assert_eq!(Oids::new("体征").form(), "F_X");
    }
}

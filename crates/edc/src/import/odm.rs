//! Clinical data from ODM, snapshot or transactional.

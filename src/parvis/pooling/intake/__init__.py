"""A partner's file on its way in: examined, and then submitted, checked or refreshed."""

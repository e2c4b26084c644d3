"""The short keys of announcements, as Home Assistant's documentation of MQTT discovery lists them."""

from typing import Final

_TABLE: Final = """
avty availability · avty_mode availability_mode · avty_t availability_topic · avty_tpl availability_template
b_tpl blue_template · bri_cmd_t brightness_command_topic · bri_cmd_tpl brightness_command_template
bri_scl brightness_scale · bri_stat_t brightness_state_topic · bri_tpl brightness_template
bri_val_tpl brightness_value_template · clr_temp_cmd_t color_temp_command_topic
clr_temp_cmd_tpl color_temp_command_template · clr_temp_k color_temp_kelvin
clr_temp_stat_t color_temp_state_topic · clr_temp_tpl color_temp_template
clr_temp_val_tpl color_temp_value_template · clrm color_mode · clrm_stat_t color_mode_state_topic
clrm_val_tpl color_mode_value_template · cmd_off_tpl command_off_template · cmd_on_tpl command_on_template
cmd_t command_topic · cmd_tpl command_template · cmps components · cod_form code_format
curr_hum_t current_humidity_topic · curr_hum_tpl current_humidity_template
curr_temp_t current_temperature_topic · curr_temp_tpl current_temperature_template · dev device
dev_cla device_class · en enabled_by_default · ent_cat entity_category · fan_mode_cmd_t fan_mode_command_topic
fan_mode_cmd_tpl fan_mode_command_template · fan_mode_stat_t fan_mode_state_topic
fan_mode_stat_tpl fan_mode_state_template · fanspd_lst fan_speed_list · fx_cmd_t effect_command_topic
fx_list effect_list · fx_stat_t effect_state_topic · fx_tpl effect_template · fx_val_tpl effect_value_template
g_tpl green_template · hs_cmd_t hs_command_topic · hs_cmd_tpl hs_command_template · hs_stat_t hs_state_topic
hs_val_tpl hs_value_template · hum_cmd_t target_humidity_command_topic
hum_cmd_tpl target_humidity_command_template · hum_stat_t target_humidity_state_topic
hum_state_tpl target_humidity_state_template · max_hum max_humidity · max_k max_kelvin · max_mirs max_mireds
min_hum min_humidity · min_k min_kelvin · min_mirs min_mireds · mode_cmd_t mode_command_topic
mode_cmd_tpl mode_command_template · mode_stat_t mode_state_topic · mode_stat_tpl mode_state_template
o origin · obj_id object_id · on_cmd_type on_command_type · ops options · opt optimistic
osc_cmd_t oscillation_command_topic · osc_stat_t oscillation_state_topic · p platform
pct_cmd_t percentage_command_topic · pct_cmd_tpl percentage_command_template
pct_stat_t percentage_state_topic · pct_val_tpl percentage_value_template · pl payload
pl_avail payload_available · pl_cln_sp payload_clean_spot · pl_cls payload_close · pl_loc payload_locate
pl_lock payload_lock · pl_not_avail payload_not_available · pl_off payload_off · pl_on payload_on
pl_open payload_open · pl_paus payload_pause · pl_prs payload_press · pl_ret payload_return_to_base
pl_stop payload_stop · pl_stpa payload_start_pause · pl_strt payload_start · pl_toff payload_turn_off
pl_ton payload_turn_on · pl_unlk payload_unlock · pos_clsd position_closed · pos_open position_open
pos_t position_topic · pos_tpl position_template · pow_cmd_t power_command_topic
pow_cmd_tpl power_command_template · pow_stat_t power_state_topic · pow_stat_tpl power_state_template
pr_mode_cmd_t preset_mode_command_topic · pr_mode_cmd_tpl preset_mode_command_template
pr_mode_stat_t preset_mode_state_topic · pr_mode_val_tpl preset_mode_value_template · pr_modes preset_modes
r_tpl red_template · ret retain · rgb_cmd_t rgb_command_topic · rgb_cmd_tpl rgb_command_template
rgb_stat_t rgb_state_topic · rgb_val_tpl rgb_value_template · send_cmd_t send_command_topic
set_fan_spd_t set_fan_speed_topic · set_pos_t set_position_topic · set_pos_tpl set_position_template
spd_rng_max speed_range_max · spd_rng_min speed_range_min · stat_cla state_class · stat_closing state_closing
stat_clsd state_closed · stat_jam state_jammed · stat_locked state_locked · stat_locking state_locking
stat_off state_off · stat_on state_on · stat_open state_open · stat_opening state_opening
stat_stopped state_stopped · stat_t state_topic · stat_tpl state_template · stat_unlocked state_unlocked
stat_unlocking state_unlocking · stat_val_tpl state_value_template · sup_clrm supported_color_modes
sup_feat supported_features · swing_mode_cmd_t swing_mode_command_topic
swing_mode_stat_t swing_mode_state_topic · t topic · temp_cmd_t temperature_command_topic
temp_cmd_tpl temperature_command_template · temp_hi_cmd_t temperature_high_command_topic
temp_hi_cmd_tpl temperature_high_command_template · temp_hi_stat_t temperature_high_state_topic
temp_hi_stat_tpl temperature_high_state_template · temp_lo_cmd_t temperature_low_command_topic
temp_lo_cmd_tpl temperature_low_command_template · temp_lo_stat_t temperature_low_state_topic
temp_lo_stat_tpl temperature_low_state_template · temp_stat_t temperature_state_topic
temp_stat_tpl temperature_state_template · temp_unit temperature_unit · tilt_cmd_t tilt_command_topic
tilt_status_t tilt_status_topic · uniq_id unique_id · unit_of_meas unit_of_measurement
val_tpl value_template · xy_cmd_t xy_command_topic · xy_cmd_tpl xy_command_template
xy_stat_t xy_state_topic · xy_val_tpl xy_value_template
"""

_PAIRS: Final = [pair.split() for line in _TABLE.strip().splitlines() for pair in line.split(" · ")]

ABBREVIATIONS: Final[dict[str, str]] = {pair[0]: pair[1] for pair in _PAIRS}
"""Short key: full key. The same table for every level of a message."""

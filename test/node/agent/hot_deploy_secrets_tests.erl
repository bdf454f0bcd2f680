-module(hot_deploy_secrets_tests).
-include_lib("eunit/include/eunit.hrl").

-define(NAMES, <<"password|secret|key_base|token">>).

values_of(Settings) ->
    ok = application:load({application, hd_secrets, [{vsn, "1"}, {env, Settings}]}),
    try hot_deploy_secrets:values(?NAMES)
    after application:unload(hd_secrets)
    end.

what_is_called_a_secret_is_one_however_deep_it_stands_test() ->
    Values = values_of([
        {'Elixir.Shop.Endpoint', [{secret_key_base, <<"base-of-keys">>}, {url, [{host, <<"shop.example.com">>}]}]},
        {repo, #{password => "hunter2", <<"nested">> => [#{"API_TOKEN" => <<"tök-en"/utf8>>}]}},
        {secret, [{plain, <<"in-a-secret">>}, {<<"odd">>, [1 | 2]}, undefined]},
        {limits, {token, <<"of-a-pair">>, 3}}
    ]),
    [?assert(lists:member(Value, Values)) || Value <- [<<"base-of-keys">>, <<"hunter2">>, <<"tök-en"/utf8>>, <<"in-a-secret">>]],
    ?assertNot(lists:member(<<"shop.example.com">>, Values)),
    ?assertNot(lists:member(<<"of-a-pair">>, Values)).

an_address_is_one_where_it_may_hold_a_password_test() ->
    Values = values_of([{database, <<"ecto://me:pw@db/shop">>}, {home, "https://shop.example.com/a@b"}]),
    ?assert(lists:member(<<"ecto://me:pw@db/shop">>, Values)),
    ?assertNot(lists:member(<<"https://shop.example.com/a@b">>, Values)).

what_is_no_text_or_none_that_anybody_reads_is_left_out_test() ->
    Long = binary:copy(<<"x">>, 5000),
    ?assertEqual([], values_of([{secret, <<255, 254>>}, {token, Long}, {password, 7}, {secret_key, undefined}]) -- hot_deploy_secrets:values(?NAMES)).
